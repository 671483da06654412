# The data of the figures, by profile. A part of a data set is named after it: dsprites-small.
DSPRITES_paper := dsprites
DSPRITES_laptop := dsprites-thin
DSPRITES_smoke := dsprites-small
DSPRITES := $(DSPRITES_$(PROFILE))

# 5,760 images: the same pictures, every eighth orientation and every fourth position.
out/data/dsprites-small.h5: out/data/dsprites.h5
	$(MAY_FAIL)$(TCVAE) subset $< --keep-every orientation=8 --keep-every posX=4 --keep-every posY=4 -o $@

# 46,080 images: every fourth orientation and every second position.
out/data/dsprites-thin.h5: out/data/dsprites.h5
	$(MAY_FAIL)$(TCVAE) subset $< --keep-every orientation=4 --keep-every posX=2 --keep-every posY=2 -o $@
