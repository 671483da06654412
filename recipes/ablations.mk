# The appendix's ablations of beta-TCVAE on dSprites.
TCVAE_RUNS := out/$(PROFILE)/$(DSPRITES)/beta-tcvae
seeds_of = $(foreach setting,$1,$(SEEDS:%=$(TCVAE_RUNS)/$(setting)/seed_%/mig.json))

# MWS and MSS by minibatch, and the exact mixture, which encodes all images at every step: only a part of them is few enough.
ESTIMATORS_paper := mss
ESTIMATORS_laptop := mss
ESTIMATORS_smoke := mss exact
ESTIMATORS := $(ESTIMATORS_$(PROFILE))
reproduce-appendix-estimators: $(call seeds_of,beta_6 $(ESTIMATORS:%=beta_6/estimator_%)) ## MIG of beta-TCVAE trained with MWS and with MSS (6 runs, 20 min)
	$(call page,appendix-estimators,$^)
	$(call picture,appendix-estimators,box)
	$(call complete,appendix-estimators)

ALPHA_BETAS_paper := $(shell seq 1 10)
ALPHA_BETAS_laptop := 1 4 6 10
ALPHA_BETAS_smoke := 4 10
ALPHA_BETAS := $(ALPHA_BETAS_$(PROFILE):%=beta_%)
reproduce-appendix-alpha: $(call seeds_of,$(ALPHA_BETAS) $(ALPHA_BETAS:%=%/alpha_0)) ## MIG of beta-TCVAE with and without the index-code MI (24 runs, 70 min)
	$(call page,appendix-alpha,$^)
	$(call picture,appendix-alpha,curve --x settings.beta --y mig)
	$(call complete,appendix-alpha)

FLOW_BETAS_paper := $(shell seq 1 10)
FLOW_BETAS_laptop := 1 6
FLOW_BETAS_smoke := 4
FLOW_BETAS := $(FLOW_BETAS_$(PROFILE):%=beta_%)
reproduce-appendix-flow: $(call seeds_of,$(FLOW_BETAS) $(FLOW_BETAS:%=%/prior_flow)) ## MIG of beta-TCVAE with a flow prior and with N(0, I) (12 runs, 40 min)
	$(call page,appendix-flow,$^)
	$(call picture,appendix-flow,curve --x settings.beta --y mig)
	$(call complete,appendix-flow)

# One of them is that of the .flags file. The paper's profile trains by epochs, so that smaller batches are more steps; where
# the .flags count steps, all batches have as many, unless the path says otherwise (batch-size_128/steps_6000).
BATCHES_paper := $(addprefix beta_6/batch-size_,64 256 512 1024) beta_6
BATCHES_laptop := $(addprefix beta_6/batch-size_,128 1024) beta_6
BATCHES_smoke := $(addprefix beta_6/batch-size_,16 64) beta_6
reproduce-appendix-batch-size: $(call seeds_of,$(BATCHES_$(PROFILE))) ## MIG of beta-TCVAE against batch size (9 runs, 30 min)
	$(call page,appendix-batch-size,$^)
	$(call picture,appendix-batch-size,curve --x settings.batch_size --y mig)
	$(call complete,appendix-batch-size)

.PHONY: reproduce-appendix-estimators reproduce-appendix-alpha reproduce-appendix-flow reproduce-appendix-batch-size
