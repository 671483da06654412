# Figure 3 of the paper: box plots of MIG over initialisations. InfoGAN, FactorVAE and faces are not part of it yet.
FIGURE3 := out/$(PROFILE)/figures/figure3
FIGURE3_RESULTS := $(foreach setting,vae beta-vae/beta_4 beta-tcvae/beta_6,\
    $(SEEDS:%=out/$(PROFILE)/dsprites/$(setting)/seed_%/mig.json))

# The list goes through a file because thousands of paths overflow a command line.
reproduce-figure3: $(FIGURE3_RESULTS) ## MIG over seeds of VAE, beta-VAE and beta-TCVAE on dSprites, and whether the claim held
	$(shell mkdir -p $(dir $(FIGURE3)))$(file >$(FIGURE3).list,$^)
	xargs cat <$(FIGURE3).list >$(FIGURE3).jsonl
	$(TCVAE) plot box $(FIGURE3).jsonl -o $(FIGURE3).png
	$(VENV)/bin/python recipes/figure3.py $(PROFILE) $(FIGURE3).jsonl >$(FIGURE3).md
	@cat $(FIGURE3).md

.PHONY: reproduce-figure3
