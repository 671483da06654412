# The appendix's pictures of single runs, most of which other figures train.

# Which run is the best of its method is known once the page is written, so their codes are made after it.
BEST = $(FIGURES)/$(NAME).runs
RESULTS_appendix-best := $(call figure3_results,$(DSPRITES))
reproduce-appendix-best: ## the best run of each method: latents against factors (runs of figure 3)
	$(page)
	for run in $$(<$(BEST)); do test $$run/codes.safetensors -nt $$run/run.safetensors || \
	    $(TCVAE) encode $$run/run.safetensors -o $$run/codes.safetensors; done
	$(call picture,latents $$(sed 's,$$,/codes.safetensors,' $(BEST)) --scores $(LINES))
	$(complete)

# Fewer votes than the scores' authors took, where the data set has fewer images than they drew.
VOTES_smoke := +train_500+test_200
OLDER_SCORES := measure_higgins,kim-mnih$(VOTES_$(PROFILE)).score.json
first_of_each = $(patsubst %,out/$(PROFILE)/$(DSPRITES)/%/$(FIRST_SEED)/$1,$(call figure3_settings,$(DSPRITES)))
RESULTS_appendix-representations = \
    $(foreach file,mig.json $(OLDER_SCORES) codes.safetensors,$(call first_of_each,$(file)))
reproduce-appendix-representations: ## latents against factors and three scores (runs of figure 3)
	$(page)
	$(call picture,latents $(call first_of_each,codes.safetensors) --scores $(LINES))
	$(complete)

# Chairs and CelebA too, where they are at hand.
TRAVERSED := $(DSPRITES) $(FACES_SET) \
    $(if $(or $(have_chairs),$(STANDIN)),$(CHAIRS_SET)) $(if $(or $(have_celeba),$(STANDIN)),$(CELEBA_SET))
traversed = $(foreach data,$(TRAVERSED),out/$(PROFILE)/$(data)/$(OURS)/$(FIRST_SEED)/$1)
RESULTS_appendix-traversals = $(call traversed,mig.json) $(call traversed,estimate-tc.json)
reproduce-appendix-traversals: ## walks of all latents, reconstructions and samples (runs of figure 2)
	$(page)
	$(call picture,samples $(call traversed,run.safetensors))
	$(complete)
