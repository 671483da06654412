# The appendix's ablations of beta-TCVAE on dSprites.
ablation = $(call results_of,mig.json,$(addprefix $(DSPRITES)/beta-tcvae/,$1))

# The estimators are compared at equal beta and, over beta, at equal KL and ELBO. The exact mixture encodes all images
# at every step, which only a tiny data set allows; its betas are larger, for what the others estimate holds some of the
# index-code MI as well.
ESTIMATORS_ON_paper := $(DSPRITES)/beta-tcvae
ESTIMATORS_ON_laptop := dsprites-tiny/beta-tcvae/batch-size_64/steps_600
ESTIMATORS_ON_smoke := dsprites-tiny/beta-tcvae
MINIBATCH_BETAS_paper := 2 4 6 10
MINIBATCH_BETAS_laptop := 2 4 8
MINIBATCH_BETAS_smoke := 4 10
EXACT_BETAS_paper :=
EXACT_BETAS_laptop := 4 8 16
EXACT_BETAS_smoke := 4 10
ESTIMATORS := $(foreach beta,$(MINIBATCH_BETAS_$(PROFILE)),beta_$(beta) beta_$(beta)/estimator_mss) \
    $(EXACT_BETAS_$(PROFILE):%=beta_%/estimator_exact)
RESULTS_appendix-estimators := $(foreach file,mig.json estimate-tc.json, \
    $(call results_of,$(file),$(addprefix $(ESTIMATORS_ON_$(PROFILE))/,$(ESTIMATORS))))
reproduce-appendix-estimators: ## MIG and TC of beta-TCVAE trained with MWS, MSS and the exact mixture (1.5 h)
	$(call figure,trade-off --y mig --y total_correlation --y analytic_kl)

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
