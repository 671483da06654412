# The appendix's pictures of single runs, most of which other figures train.
best_codes = $$(sed 's,$$,/codes.safetensors,' $(FIGURES)/appendix-best.runs)
reproduce-appendix-best: $$(call figure3_results,$(DSPRITES)) ## the best run of each method: latents against factors (15 runs of figure 3)
	$(call page,appendix-best,$^)
	for run in $$(<$(FIGURES)/appendix-best.runs); do test $$run/codes.safetensors -nt $$run/run.safetensors \
	|| $(LAUNCH) $(TCVAE) encode $$run/run.safetensors -o $$run/codes.safetensors; done
	$(call drawing,appendix-best,latents $(best_codes) --scores $(FIGURES)/appendix-best.jsonl)
	$(call complete,appendix-best)

# Fewer votes than the scores' authors took, where the data set has fewer images than they drew.
VOTES_smoke := +train_500+test_200
OLDER_SCORES := measure_higgins,kim-mnih$(VOTES_$(PROFILE)).score.json
first_of_each = $(patsubst %,out/$(PROFILE)/$(DSPRITES)/%/$(FIRST_SEED)/$1,$(call figure3_settings,$(DSPRITES)))
REPRESENTATIONS = $(call first_of_each,mig.json) $(call first_of_each,$(OLDER_SCORES)) $(call first_of_each,codes.safetensors)
reproduce-appendix-representations: $$(REPRESENTATIONS) ## a run of each method: latents against factors, and three scores (5 runs of figure 3)
	$(call page,appendix-representations,$(filter %.json,$^))
	$(call drawing,appendix-representations,latents $(filter %.safetensors,$^) --scores $(FIGURES)/appendix-representations.jsonl)
	$(call complete,appendix-representations)

# Chairs and CelebA too, where they are at hand.
TRAVERSED := $(DSPRITES) $(FACES_SET) $(if $(or $(have_chairs),$(STANDIN)),$(CHAIRS_SET)) $(if $(or $(have_celeba),$(STANDIN)),$(CELEBA_SET))
traversed = $(foreach data,$(TRAVERSED),out/$(PROFILE)/$(data)/$(OURS)/$(FIRST_SEED)/$1)
reproduce-appendix-traversals: $$(call traversed,mig.json) $$(call traversed,tc.json) ## samples, reconstructions and walks of all latents of beta-TCVAE (2 runs of figure 2)
	$(call page,appendix-traversals,$^)
	$(call drawing,appendix-traversals,samples $(call traversed,run.safetensors))
	$(call complete,appendix-traversals)

.PHONY: reproduce-appendix-best reproduce-appendix-representations reproduce-appendix-traversals
