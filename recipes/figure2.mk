# Figures 2 and 4 of the paper share their runs: beta-VAE and beta-TCVAE over beta, on dSprites and faces.
BETAS_paper := $(shell seq 1 10)
BETAS_laptop := 2 4 6 10
BETAS_smoke := 4 10
OVER_BETA := $(foreach data,$(DATA_SETS),$(foreach method,beta-vae beta-tcvae, \
    $(BETAS_$(PROFILE):%=$(data)/$(method)/beta_%)))
RESULTS_figure2 := $(call results_of,mig.json,$(OVER_BETA)) $(call results_of,estimate-tc.json,$(OVER_BETA))
RESULTS_figure4 := $(RESULTS_figure2)

reproduce-figure2: ## trade-off of ELBO and MIG over beta (2.5 h)
	$(call figure,trade-off)

reproduce-figure4: ## total correlation against MIG (the runs of figure 2)
	$(call figure,circles)
