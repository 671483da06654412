# The appendix's pictures of single runs, most of which other figures train.

# Which run is the best of its method is known once the page is written, so their codes are made after it.
BEST = $(FIGURES)/$(NAME).runs
BEST_OF := $(call figure3_results,$(DSPRITES))
reproduce-appendix-best: $(BEST_OF) ## the best run of each method: latents against factors (15 runs of figure 3)
	$(call page,$^)
	for run in $$(<$(BEST)); do test $$run/codes.safetensors -nt $$run/run.safetensors || \
	    $(LAUNCH) $(TCVAE) encode $$run/run.safetensors -o $$run/codes.safetensors; done
	$(call picture,latents $$(sed 's,$$,/codes.safetensors,' $(BEST)) --scores $(LINES))
	$(complete)

# Fewer votes than the scores' authors took, where the data set has fewer images than they drew.
VOTES_smoke := +train_500+test_200
OLDER_SCORES := measure_higgins,kim-mnih$(VOTES_$(PROFILE)).score.json
first_of_each = $(patsubst %,out/$(PROFILE)/$(DSPRITES)/%/$(FIRST_SEED)/$1,$(call figure3_settings,$(DSPRITES)))
LATENTS_OF = $(foreach file,mig.json $(OLDER_SCORES) codes.safetensors,$(call first_of_each,$(file)))
reproduce-appendix-representations: $$(LATENTS_OF) ## latents against factors and three scores (5 runs of figure 3)
	$(call page,$(filter %.json,$^))
	$(call picture,latents $(filter %.safetensors,$^) --scores $(LINES))
	$(complete)

# Chairs and CelebA too, where they are at hand.
TRAVERSED := $(DSPRITES) $(FACES_SET) \
    $(if $(or $(have_chairs),$(STANDIN)),$(CHAIRS_SET)) $(if $(or $(have_celeba),$(STANDIN)),$(CELEBA_SET))
traversed = $(foreach data,$(TRAVERSED),out/$(PROFILE)/$(data)/$(OURS)/$(FIRST_SEED)/$1)
WALKED = $(call traversed,mig.json) $(call traversed,tc.json)
reproduce-appendix-traversals: $$(WALKED) ## walks of all latents, reconstructions and samples (2 runs of figure 2)
	$(call page,$^)
	$(call picture,samples $(call traversed,run.safetensors))
	$(complete)
