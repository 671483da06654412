# Figures 1 and 6 of the paper: beta-TCVAE and the beta-VAE of the same seed, each latent above the one that matches it.
# The betas on chairs and CelebA are ours to choose, as is the number of latents: recipes/PROFILE/celeba.flags.
OURS := beta-tcvae/beta_6
THEIRS := beta-vae/beta_4
FIRST_SEED := seed_$(firstword $(SEEDS))
DATA_figure1 := celeba
DATA_figure6 := chairs
$(foreach name,figure1 figure6,$(call bring,$(name),$(DATA_$(name))))

out/%/match.json: out/%/codes.safetensors out/$$(subst $(OURS),$(THEIRS),$$*)/codes.safetensors | $(READY)
	$(call result,$(TCVAE) match $^ --format json)

# $(call pair_results,DATASET,FILE): FILE of both methods' runs, then how their latents match.
pair_results = $(call results_of,$2,$1/$(OURS) $1/$(THEIRS)) $(call results_of,match.json,$1/$(OURS))
pair_strips = strips $(foreach method,$(OURS) $(THEIRS),out/$(PROFILE)/$1/$(method)/$(FIRST_SEED)/run.safetensors)

# The attributes nearest to the paper's four: it names face width, for which CelebA has no attribute but Chubby.
FIGURE1_MIG := $(if $(have_celeba),factor_Bald+factor_Chubby+factor_Male+factor_Mustache.)mig.json
RESULTS_figure1 := $(call pair_results,$(CELEBA_SET),$(FIGURE1_MIG))
reproduce-figure1: ## CelebA: walks of matching latents of two methods (100 min)
	$(page)
	$(call picture,$(call pair_strips,$(CELEBA_SET)) --range 6 --mig $(LINES))
	$(complete)

RESULTS_figure6 := $(call pair_results,$(CHAIRS_SET),mig.json)
reproduce-figure6: ## chairs: walks of matching latents of two methods (100 min)
	$(page)
	$(call picture,$(call pair_strips,$(CHAIRS_SET)) --range 2 --pairs 6)
	$(complete)
