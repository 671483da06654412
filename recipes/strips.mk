# Figures 1 and 6 of the paper: beta-TCVAE and the beta-VAE of the same seed, each latent above the one that matches it.
# The betas on chairs and CelebA are ours to choose, as is the number of latents: recipes/PROFILE/celeba.flags.
OURS := beta-tcvae/beta_6
THEIRS := beta-vae/beta_4
FIRST_SEED := seed_$(firstword $(SEEDS))
both_of = $(foreach method,$(OURS) $(THEIRS),$(SEEDS:%=out/$(PROFILE)/$1/$(method)/seed_%/$2))
matches_of = $(SEEDS:%=out/$(PROFILE)/$1/$(OURS)/seed_%/match.json)
strips_of = strips $(foreach method,$(OURS) $(THEIRS),out/$(PROFILE)/$1/$(method)/$(FIRST_SEED)/run.safetensors)

DATA_figure1 := celeba
DATA_figure6 := chairs
$(foreach name,figure1 figure6,$(call bring,$(name),$(DATA_$(name))))

# A picture of something other than result lines: $(call drawing,NAME,KIND ARGUMENTS)
define drawing
	$(TCVAE) plot $2 -o $(FIGURES)/$1.pdf
	$(TCVAE) plot $2 -o $(FIGURES)/$1.png
endef

out/%/match.json: out/%/codes.safetensors out/$$(subst $(OURS),$(THEIRS),$$*)/codes.safetensors | $(READY)
	$(MAY_FAIL)$(TCVAE) match $^ --format json >$@.$$$$.part && mv $@.$$$$.part $@ || { rm -f $@.$$$$.part; exit 1; }

# The attributes nearest to the paper's four: it names face width, for which CelebA has no attribute but Chubby.
FIGURE1_MIG := $(if $(have_celeba),factor_Bald+factor_Chubby+factor_Male+factor_Mustache.)mig.json
reproduce-figure1: $(call both_of,$(CELEBA_SET),$(FIGURE1_MIG)) $(call matches_of,$(CELEBA_SET)) ## CelebA: walks of matching latents of two methods, named by attribute (6 runs, 30 min)
	$(call page,figure1,$^)
	$(call drawing,figure1,$(call strips_of,$(CELEBA_SET)) --range 6 --mig $(FIGURES)/figure1.jsonl)
	$(call complete,figure1)

reproduce-figure6: $(call both_of,$(CHAIRS_SET),mig.json) $(call matches_of,$(CHAIRS_SET)) ## chairs: walks of matching latents of two methods (6 runs, 30 min)
	$(call page,figure6,$^)
	$(call drawing,figure6,$(call strips_of,$(CHAIRS_SET)) --range 2 --pairs 6)
	$(call complete,figure6)

.PHONY: reproduce-figure1 reproduce-figure6
