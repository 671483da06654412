# Figure 3 of the paper: box plots of MIG over initialisations.
# FactorVAE has twice the steps of the others. InfoGAN's are ours to choose, as the paper gives none.
FACTORVAE_paper_dsprites := epochs_100
FACTORVAE_paper_faces := epochs_100
FACTORVAE_laptop_dsprites := steps_6000
FACTORVAE_laptop_faces := steps_3000
FACTORVAE_smoke_dsprites := steps_48
FACTORVAE_smoke_faces := steps_24
INFOGAN_paper_dsprites := epochs_10
INFOGAN_paper_faces := epochs_50
INFOGAN_laptop_dsprites := steps_6000
INFOGAN_laptop_faces := steps_3000
INFOGAN_smoke_dsprites := steps_48
INFOGAN_smoke_faces := steps_24

# $(call figure3_settings,DATASET), $(call figure3_results,DATASET)
figure3_steps = $(or $($1_$(PROFILE)_$(firstword $(subst -, ,$2))),$(error DATA_SETS=$2: give parts of dsprites or faces))
figure3_settings = vae beta-vae/beta_4 infogan/architecture_conv/latents_5/batch-size_64/$(call figure3_steps,INFOGAN,$1) \
    factorvae/beta_35/$(call figure3_steps,FACTORVAE,$1) beta-tcvae/beta_6
figure3_results = $(foreach setting,$(call figure3_settings,$1),$(SEEDS:%=out/$(PROFILE)/$1/$(setting)/seed_%/mig.json))
FIGURE3_RESULTS := $(foreach data,$(DATA_SETS),$(call figure3_results,$(data)))

reproduce-figure3: $(FIGURE3_RESULTS) ## MIG of the paper's five methods over seeds (30 runs, 2 h)
	$(call page,figure3,$^)
	$(call picture,figure3,box)
	$(call complete,figure3)

.PHONY: reproduce-figure3
