# Figure 5 of the paper: MIG under biased sampling of 231 faces. InfoGAN's steps are ours to choose.
# 231 images are fewer than the paper's batch, and an epoch would be one step: recipes/PROFILE/faces231.flags count steps.
FIGURE5_INFOGAN_paper := latents_5/batch-size_64/steps_20000
FIGURE5_INFOGAN_laptop := latents_5/batch-size_64/steps_2000
FIGURE5_INFOGAN_smoke := latents_5/batch-size_64/steps_12
# Twelve runs are enough to try it.
FIGURE5_SEEDS = $(if $(filter smoke,$(PROFILE)),$(firstword $(SEEDS)),$(SEEDS))
FIGURE5_SETTINGS := beta-vae/beta_4 infogan/architecture_conv/$(FIGURE5_INFOGAN_$(PROFILE)) beta-tcvae/beta_6
FIGURE5_RESULTS := $(foreach bias,$(BIASES),$(foreach setting,$(FIGURE5_SETTINGS), \
    $(FIGURE5_SEEDS:%=out/$(PROFILE)/$(FACES231)-$(bias)/$(setting)/seed_%/mig.json)))

reproduce-figure5: $(FIGURE5_RESULTS) ## MIG of three methods under sampling biases, on 231 faces (36 runs, 40 min)
	$(call page,figure5,$^)
	$(call picture,figure5,bias)
	$(call complete,figure5)

.PRECIOUS: out/data/faces231-%.h5
.PHONY: reproduce-figure5
