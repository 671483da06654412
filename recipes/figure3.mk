# Figure 3 of the paper: box plots of MIG over initialisations.
# FactorVAE has twice the steps of the others. InfoGAN's steps are ours to choose, as the paper gives none.
FACTORVAE_paper_dsprites := epochs_100
FACTORVAE_paper_faces := epochs_100
FACTORVAE_laptop_dsprites := steps_2000
FACTORVAE_laptop_faces := steps_800
FACTORVAE_smoke_dsprites := steps_48
FACTORVAE_smoke_faces := steps_24
INFOGAN_paper_dsprites := epochs_10
INFOGAN_paper_faces := epochs_50
INFOGAN_laptop_dsprites := steps_2000
INFOGAN_laptop_faces := steps_800
INFOGAN_smoke_dsprites := steps_48
INFOGAN_smoke_faces := steps_24

# $(call length_of,METHOD,DATASET), then $(call figure3_settings,DATASET) and $(call figure3_results,DATASET)
length_of = $(or $($1_$(PROFILE)_$(firstword $(subst -, ,$2))),$(error DATA_SETS=$2: give parts of dsprites or faces))
figure3_settings = vae beta-vae/beta_4 \
    infogan/architecture_conv/latents_5/batch-size_64/$(call length_of,INFOGAN,$1) \
    factorvae/beta_35/$(call length_of,FACTORVAE,$1) beta-tcvae/beta_6
figure3_results = $(call results_of,mig.json,$(addprefix $1/,$(call figure3_settings,$1)))
RESULTS_figure3 := $(foreach data,$(DATA_SETS),$(call figure3_results,$(data)))

reproduce-figure3: ## MIG of the paper's five methods over seeds (3 h)
	$(call figure,box)
