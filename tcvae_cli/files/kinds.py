"""What a file is by its first bytes, where it is not what was wanted."""

from tcvae_cli.files.unicode import MARK

HEAD = 512  # bytes, which tell what a file is
POINTER = b"version https://git-lfs.github.com/spec/v1"  # how a file begins whose content Git LFS has elsewhere
POINTED = "is a Git LFS pointer, not the file itself"
PULL = "run `git lfs pull`"
PAGE, PACKED, OTHER = "a web page", "compressed", "another kind of file"
HDF5, NPY, ZIP = "an HDF5 file", "an npy file", "a zip (as npz, xlsx and files of PyTorch are)"
PICKLE = "a pickle, which might run programs"
ARRAYS = (HDF5, NPY, PICKLE, ZIP)  # kinds of files that hold arrays; PyTorch's are zips, and were pickles
TENSORS_END, DATA_END = (".safetensors",), (".h5", ".hdf5")  # of names of our files
CODES_END = (*TENSORS_END, ".npz", ".csv")
KNOWN_ENDS = frozenset((  # of names by which programs and people tell what a file is
    *TENSORS_END, *DATA_END, ".bmp", ".csv", ".gif", ".jpeg", ".jpg", ".json", ".jsonl", ".mat", ".npy", ".npz",
    ".parquet", ".pdf", ".pickle", ".pkl", ".png", ".pt", ".pth", ".svg", ".tar", ".tsv", ".txt", ".webp",
    ".xlsx", ".zip",
))  # fmt: skip
KINDS = {  # by their first bytes
    **dict.fromkeys((b"\x1f\x8b", b"BZh", b"\xfd7z", b"7z\xbc\xaf", b"(\xb5/\xfd"), PACKED),
    **dict.fromkeys((b"\x89PNG", b"\xff\xd8\xff", b"GIF8"), "a picture"),
    **dict.fromkeys((bytes((0x80, protocol)) for protocol in range(2, 6)), PICKLE),
    b"MATLAB 5": "a MATLAB file older than version 7.3",
    b"\x89HDF": HDF5,
    b"\x93NUMPY": NPY,
    b"PK\3\4": ZIP,
    b"\xd0\xcf\x11\xe0": "a spreadsheet of Excel",
    b"PAR1": "a Parquet file",
}


def kind_of(head: bytes) -> str:
    """Return what a file that begins with HEAD seems to be, if it is not what was wanted."""
    if not head:
        return "empty"
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text[:1] == b"<" and (text[1:2] in b"!?" or text[1:2].isalpha()):
        return PAGE
    return next((kind for magic, kind in KINDS.items() if head.startswith(magic)), OTHER)


def is_json(head: bytes) -> bool:
    """Return whether a file that begins with HEAD holds objects of JSON, as results and logs do."""
    return b"\0" not in head and head.removeprefix(MARK).lstrip().startswith(b"{")
