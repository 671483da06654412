"""One's own images: folders and archives of pictures, or arrays in a file."""
