# The data of the figures, by profile. A part of a data set is named after it: dsprites-small.
DSPRITES_paper := dsprites
DSPRITES_laptop := dsprites
DSPRITES_smoke := dsprites-small
DSPRITES := $(DSPRITES_$(PROFILE))

# 5,760 images: the same pictures, every eighth orientation and every fourth position.
out/data/dsprites-small.h5: out/data/dsprites.h5
	$(TCVAE) subset $< --keep-every orientation=8 --keep-every posX=4 --keep-every posY=4 -o $@
