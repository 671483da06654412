# Figure 3 of the paper: box plots of MIG over initialisations. Faces are not part of it yet.
FIGURE3 := out/$(PROFILE)/figures/figure3
# FactorVAE has twice the steps of the others. InfoGAN's are ours to choose, as the paper gives none.
FACTORVAE_paper := epochs_100
FACTORVAE_laptop := steps_3000
FACTORVAE_smoke := steps_48
INFOGAN_paper := latents_5/batch-size_64/epochs_10
INFOGAN_laptop := latents_5/batch-size_64/steps_6000
INFOGAN_smoke := latents_5/batch-size_64/steps_48
FIGURE3_SETTINGS := vae beta-vae/beta_4 infogan/architecture_conv/$(INFOGAN_$(PROFILE)) \
    factorvae/beta_35/$(FACTORVAE_$(PROFILE)) beta-tcvae/beta_6
FIGURE3_RESULTS := $(foreach setting,$(FIGURE3_SETTINGS),$(SEEDS:%=out/$(PROFILE)/dsprites/$(setting)/seed_%/mig.json))

# The list goes through a file because thousands of paths overflow a command line.
reproduce-figure3: $(FIGURE3_RESULTS) ## MIG over seeds of the paper's five methods on dSprites, and whether its claims held
	$(shell mkdir -p $(dir $(FIGURE3)))$(file >$(FIGURE3).list,$^)
	xargs cat <$(FIGURE3).list >$(FIGURE3).jsonl
	$(TCVAE) plot box $(FIGURE3).jsonl -o $(FIGURE3).png
	$(VENV)/bin/python recipes/figure3.py $(PROFILE) $(FIGURE3).jsonl >$(FIGURE3).md
	@cat $(FIGURE3).md

.PHONY: reproduce-figure3
