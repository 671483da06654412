# The appendix on MIG's estimate: entropies from S samples, as the authors compute them, beside the exact value.
SAMPLES_paper := 100 300 1000 3000 10000
SAMPLES_laptop := 100 300 1000 3000 10000
SAMPLES_smoke := 100 1000
SAMPLES_SEEDS_paper := 0 1 2 3 4 5 6 7 8 9
SAMPLES_SEEDS_laptop := 0 1 2 3 4
SAMPLES_SEEDS_smoke := 0 1 2
SAMPLES_RUN := out/$(PROFILE)/$(DSPRITES)/beta-tcvae/beta_6/seed_0
RESULTS_appendix-mig-samples := $(SAMPLES_RUN)/method_exact.mig.json $(foreach seed,$(SAMPLES_SEEDS_$(PROFILE)), \
    $(SAMPLES_$(PROFILE):%=$(SAMPLES_RUN)/method_monte-carlo+samples_%+seed_$(seed).mig.json))

reproduce-appendix-mig-samples: ## MIG and its entropies against samples S (a run of figure 3)
	$(call figure,curve --x samples --y mig)
