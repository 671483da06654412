"""3D Faces: the paper's renderings where the user has them, else heads rendered here."""
