# What is typed may hold any character. $(call quoted,TEXT) is one word of the shell, in which a first ~/ is the home
# folder; $(call check,VARIABLE,PATTERN,CURE) ends make unless the whole variable is as a regular expression says.
define newline


endef
space := $(subst ,, )
one_a_line = $(subst $(space),$(newline),$1)
comma := ,
quoted = $(subst '~/,~/','$(subst ','\'',$1)')
comparison = pattern=$(call quoted,^$2$$); if [[ $(call quoted,$1) =~ $$pattern ]]; then echo yes; fi
matches = $(if $(findstring $(newline),$1),,$(shell $(comparison)))
check = $(if $(call matches,$($1),$2),,$(error $1=$(subst $(newline), ,$($1)): give $3))
WORDS := ([[:alnum:]_.,+=/@:%-]| )*
$(if $(and $(call matches,$(PROFILE),[[:alnum:]_-]+),$(wildcard recipes/$(PROFILE)/*.flags)),, \
    $(error PROFILE=$(PROFILE) is none: give paper, laptop or smoke))
$(if $(SEEDS),,$(error SEEDS is empty: give whole numbers, e.g. SEEDS="0 1 2"))
$(call check,SEEDS,[0-9 ]+,whole numbers such as SEEDS="0 1 2")
$(foreach name,DATA_SETS VENV MAKECMDGOALS,$(call check,$(name),$(WORDS),names of letters and digits and _.+=/@:%-))
shares = a share such as SHARE=3/8, from 1/8 to 8/8
$(call check,SHARE,([1-9][0-9]{0$(comma)5}/[1-9][0-9]{0$(comma)5})?,$(shares))
$(if $(SHARE),$(if $(shell [ $(subst /, -le ,$(SHARE)) ] && echo yes),,$(error SHARE=$(SHARE): give $(shares))))
$(foreach name,FACES CHAIRS CELEBA ATTRIBUTES,$(call check,$(name),.*,the path of a file))
