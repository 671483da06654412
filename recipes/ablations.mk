# The appendix's ablations of beta-TCVAE on dSprites.
ablation = $(call results_of,mig.json,$(addprefix $(DSPRITES)/beta-tcvae/,$1))

# MWS and MSS estimate from the minibatch. The exact mixture encodes all images at every step, so that only the data set
# of the smoke profile is small enough for it.
ESTIMATORS_paper := mss
ESTIMATORS_laptop := mss
ESTIMATORS_smoke := mss exact
RESULTS_appendix-estimators := $(call ablation,beta_6 $(ESTIMATORS_$(PROFILE):%=beta_6/estimator_%))
reproduce-appendix-estimators: ## MIG of beta-TCVAE trained with MWS and with MSS (25 min)
	$(call figure,box)

ALPHA_BETAS_paper := $(shell seq 1 10)
ALPHA_BETAS_laptop := 4 6 10
ALPHA_BETAS_smoke := 4 10
ALPHA_BETAS := $(ALPHA_BETAS_$(PROFILE):%=beta_%)
RESULTS_appendix-alpha := $(call ablation,$(ALPHA_BETAS) $(ALPHA_BETAS:%=%/alpha_0))
reproduce-appendix-alpha: ## MIG of beta-TCVAE with and without the index-code MI (75 min)
	$(call figure,curve --x settings.beta --y mig)

FLOW_BETAS_paper := $(shell seq 1 10)
FLOW_BETAS_laptop := 6 10
FLOW_BETAS_smoke := 4
FLOW_BETAS := $(FLOW_BETAS_$(PROFILE):%=beta_%)
RESULTS_appendix-flow := $(call ablation,$(FLOW_BETAS) $(FLOW_BETAS:%=%/prior_flow))
reproduce-appendix-flow: ## MIG of beta-TCVAE with a flow prior and with N(0, I) (1 h)
	$(call figure,curve --x settings.beta --y mig)

# One batch size is that of the .flags file. The paper's profile trains by epochs, so that smaller batches take more
# steps. Where the .flags file counts steps, all batch sizes take the same number, unless the path says otherwise, as in
# batch-size_128/steps_6000.
BATCHES_paper := $(addprefix beta_6/batch-size_,64 256 512 1024) beta_6
BATCHES_laptop := $(addprefix beta_6/batch-size_,64 128 512) beta_6
BATCHES_smoke := $(addprefix beta_6/batch-size_,16 64) beta_6
RESULTS_appendix-batch-size := $(call ablation,$(BATCHES_$(PROFILE)))
reproduce-appendix-batch-size: ## MIG of beta-TCVAE against batch size (50 min)
	$(call figure,curve --x settings.batch_size --y mig)
