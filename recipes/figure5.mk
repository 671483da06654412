# Figure 5 of the paper: MIG under biased sampling of 231 faces. InfoGAN's steps are ours to choose.
# 231 images are fewer than the paper's batch, so an epoch would be one step: recipes/PROFILE/faces231.flags counts
# steps.
FIGURE5_INFOGAN_paper := latents_5/batch-size_64/steps_20000
FIGURE5_INFOGAN_laptop := latents_5/batch-size_64/steps_600
FIGURE5_INFOGAN_smoke := latents_5/batch-size_64/steps_12
FIGURE5_METHODS := beta-vae/beta_4 infogan/architecture_conv/$(FIGURE5_INFOGAN_$(PROFILE)) beta-tcvae/beta_6
FIGURE5_SETTINGS := $(foreach bias,$(BIASES),$(FIGURE5_METHODS:%=$(FACES231)-$(bias)/%))
RESULTS_figure5 := $(call results_of,mig.json,$(FIGURE5_SETTINGS))
# In the smoke profile twelve runs are enough.
ifeq ($(PROFILE),smoke)
RESULTS_figure5 := $(filter %/seed_$(firstword $(SEEDS))/mig.json,$(RESULTS_figure5))
endif

reproduce-figure5: ## MIG of three methods under sampling biases, on 231 faces (40 min)
	$(call figure,bias)

.PRECIOUS: out/data/faces231-%.h5
