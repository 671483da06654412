# Figure 3 of the paper: box plots of MIG over initialisations.
# FactorVAE has twice the steps of the others. InfoGAN's are ours to choose, as the paper gives none.
FACTORVAE_paper := epochs_100
FACTORVAE_laptop := steps_6000
FACTORVAE_smoke := steps_48
INFOGAN_paper := latents_5/batch-size_64/epochs_10
INFOGAN_laptop := latents_5/batch-size_64/steps_6000
INFOGAN_smoke := latents_5/batch-size_64/steps_48
FIGURE3_SETTINGS := vae beta-vae/beta_4 infogan/architecture_conv/$(INFOGAN_$(PROFILE)) \
    factorvae/beta_35/$(FACTORVAE_$(PROFILE)) beta-tcvae/beta_6
FIGURE3_RESULTS := $(foreach setting,$(FIGURE3_SETTINGS),$(SEEDS:%=out/$(PROFILE)/$(DSPRITES)/$(setting)/seed_%/mig.json))

reproduce-figure3: $(FIGURE3_RESULTS) ## MIG over seeds of the paper's five methods, and whether its claims held
	$(call page,figure3,$^)
	$(call picture,figure3,box)
	$(call complete,figure3)

.PHONY: reproduce-figure3
