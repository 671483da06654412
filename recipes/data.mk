# The data of the figures, by profile. A part of a data set is named after it: dsprites-small.
# A user's own files: FACES=basel_face_renders.pth replaces the stand-in; CHAIRS=rendered_chairs.tar is for figure 6,
# and CELEBA=img_align_celeba.zip with ATTRIBUTES=list_attr_celeba.txt for figure 1. DOWNLOAD=1 fetches what has an
# address that lasts; STANDIN=1 draws the figures of chairs and CelebA from rendered heads in colour, which test no
# claim. DATA_SETS=dsprites-small draws figures 2, 3 and 4 of that data set alone.
PART_laptop_dsprites := -small
PART_laptop_faces := -thin
PART_smoke_dsprites := -small
PART_smoke_faces := -small
SMALL_smoke := -small
SMALL := $(SMALL_$(PROFILE))
have_chairs := $(or $(CHAIRS),$(DOWNLOAD),$(wildcard out/data/chairs.h5))
have_celeba := $(or $(and $(CELEBA),$(ATTRIBUTES)),$(wildcard out/data/celeba.h5))
FACES_WHOLE := faces$(if $(FACES),-basel)
DSPRITES := dsprites$(PART_$(PROFILE)_dsprites)
FACES_SET := $(FACES_WHOLE)$(PART_$(PROFILE)_faces)
DATA_SETS ?= $(DSPRITES) $(FACES_SET)
CHAIRS_SET := chairs$(if $(have_chairs),,-standin)$(SMALL)
CELEBA_SET := celeba$(if $(have_celeba),,-standin)$(SMALL)
source_of = $(if $1,--source $(call quoted,$1),$(if $(DOWNLOAD),--download))

# $(call bring,NAME,DATASET) ends make before anything runs if figure NAME is asked for and its data has to be brought.
bring = $(if $(or $(STANDIN),$(have_$2)),,$(if $(filter %reproduce-$1,$(MAKECMDGOALS)),$(error $1 needs $(needs_$2))))
needs_chairs := rendered_chairs.tar \
    from https://www.di.ens.fr/willow/research/seeing3Dchairs/data/rendered_chairs.tar: \
    give CHAIRS=rendered_chairs.tar, DOWNLOAD=1 to fetch it, or STANDIN=1 for rendered heads
needs_celeba := img_align_celeba.zip and list_attr_celeba.txt \
    from https://mmlab.ie.cuhk.edu.hk/projects/CelebA.html: \
    give CELEBA=img_align_celeba.zip ATTRIBUTES=list_attr_celeba.txt, or STANDIN=1 for rendered heads

# Data are made by `$(PREPARE) DATASET ... -o $@` and, from other data, `$(SUBSET) ... -o $@`.
PREPARE = $(MAY_FAIL)mkdir -p $(@D) && $(TCVAE) prepare
SUBSET = $(MAY_FAIL)$(TCVAE) subset $<
out/data/%.h5: | $(READY)
	$(PREPARE) $* -o $@

# The small set has 5,760 images: every eighth orientation and every fourth position.
out/data/dsprites-small.h5: out/data/dsprites.h5
	$(SUBSET) --keep-every orientation=8 --keep-every posX=4 --keep-every posY=4 -o $@
# The tiny set has 720 images, so that all of them can be encoded at every step: every second scale and every eighth
# orientation and position.
out/data/dsprites-tiny.h5: out/data/dsprites.h5
	$(SUBSET) --keep-every scale=2 --keep-every orientation=8 --keep-every posX=8 --keep-every posY=8 -o $@

out/data/faces-basel.h5: | $(READY)
	$(PREPARE) faces --source $(call quoted,$(FACES)) -o $@
# The thin set has 3,960 images: ten identities and every second class of the other factors. The small set has 360
# images of the stand-in, or as few of the paper's.
out/data/faces-thin.h5 out/data/faces-basel-thin.h5: out/data/%-thin.h5: out/data/%.h5
	$(SUBSET) --where identity=0..9 --keep-every azimuth=2 --keep-every elevation=2 --keep-every lighting=2 -o $@
out/data/faces-basel-small.h5: out/data/faces-basel.h5
	$(SUBSET) --where identity=0..1 --keep-every azimuth=4 --keep-every elevation=3 --keep-every lighting=2 -o $@
out/data/faces-small.h5: | $(READY)
	$(PREPARE) faces --identities 2 --azimuths 6 --elevations 5 --lightings 6 -o $@
# 231 images: all factors but azimuth and elevation are fixed, with light from the front. Then the biases of figure 5.
out/data/faces231-basel.h5: out/data/faces-basel.h5
	$(SUBSET) --where identity=0 --where lighting=5 -o $@
out/data/faces231.h5: | $(READY)
	$(PREPARE) faces --identities 1 --lightings 1 -o $@
FACES231 := faces231$(if $(FACES),-basel)
BIASES := A B C D
$(BIASES:%=out/data/$(FACES231)-%.h5): out/data/$(FACES231)-%.h5: out/data/$(FACES231).h5
	$(SUBSET) --bias $* --factors azimuth,elevation -o $@

out/data/chairs.h5: | $(READY)
	$(PREPARE) chairs --colour $(call source_of,$(CHAIRS)) -o $@
out/data/celeba.h5: | $(READY)
	$(PREPARE) celeba --source $(call quoted,$(CELEBA)) --labels $(call quoted,$(ATTRIBUTES)) -o $@
out/data/chairs-small.h5 out/data/celeba-small.h5: out/data/%-small.h5: out/data/%.h5
	$(SUBSET) --sample 1000 --seed 0 -o $@

# Many heads, seen from all around like the chairs, or mostly from the front like the photographs.
out/data/chairs-standin.h5: | $(READY)
	$(PREPARE) faces --colour --identities 300 --azimuths 21 --elevations 3 --lightings 1 -o $@
out/data/celeba-standin.h5: | $(READY)
	$(PREPARE) faces --colour --identities 1000 --azimuths 3 --elevations 2 --lightings 3 -o $@
out/data/chairs-standin-small.h5 out/data/celeba-standin-small.h5: | $(READY)
	$(PREPARE) faces --colour --identities 20 --azimuths 5 --elevations 2 --lightings 2 -o $@
