# Figures 2 and 4 of the paper share their runs: beta-VAE and beta-TCVAE over beta, on dSprites and faces.
BETAS_paper := $(shell seq 1 10)
BETAS_laptop := 1 2 4 6 8 10
BETAS_smoke := 4 10
BETAS := $(BETAS_$(PROFILE))
OVER_BETA := $(foreach data,$(DATA_SETS),$(foreach method,beta-vae beta-tcvae, \
    $(foreach beta,$(BETAS),$(SEEDS:%=out/$(PROFILE)/$(data)/$(method)/beta_$(beta)/seed_%))))

reproduce-figure2: $(OVER_BETA:%=%/mig.json) $(OVER_BETA:%=%/tc.json) ## trade-off of ELBO and MIG over beta (72 runs, 3 h)
	$(call page,figure2,$^)
	$(call picture,figure2,trade-off)
	$(call complete,figure2)

reproduce-figure4: $(OVER_BETA:%=%/mig.json) $(OVER_BETA:%=%/tc.json) ## total correlation against MIG (the runs of figure 2)
	$(call page,figure4,$^)
	$(call picture,figure4,circles)
	$(call complete,figure4)

.PHONY: reproduce-figure2 reproduce-figure4
