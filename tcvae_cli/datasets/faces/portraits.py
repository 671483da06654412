"""A head seen from a direction under several lights: camera and shading."""

import numpy as np

from tcvae_cli.arrays import Array
from tcvae_cli.datasets.faces.heads import Head
from tcvae_cli.datasets.faces.rasteriser import vertex_normals, visible

SIDE = 64  # pixels
FINER = 2  # samples per pixel along each side
DISTANCE, HALF_WIDTH = 16.0, 1.45  # decimetres: from the eye of the camera to the head, and of what it sees there
AXIS = np.array([0.0, -0.12, -0.55])  # what the head turns about and the picture shows in its middle, from the eyes
LIGHT_HEIGHT = np.radians(25.0)
AMBIENT, DIFFUSE, GLOSS, SHARPNESS = 0.14, 1.1, 0.06, 16
GAMMA = 2.2


def portraits(head: Head, azimuth: float, elevation: float, lights: Array) -> Array:
    """Return the head from AZIMUTH (positive: it looks to the right) and ELEVATION (positive: from above).

    LIGHTS are azimuths, positive from the right. All angles are in radians. (lights, 64, 64), of a coloured head
    (lights, 64, 64, 3); uint8, black around the head.
    """
    side = SIDE * FINER
    turned = rotation(azimuth, elevation)
    points = (head.points - AXIS) @ turned.T
    distance = DISTANCE - points[:, 2]
    scale = side / 2 / HALF_WIDTH * DISTANCE / distance
    on_screen = np.stack([side / 2 + scale * points[:, 0], side / 2 - scale * points[:, 1], distance], axis=1)
    pixel, triangle, weight = visible(on_screen, head.triangles[:, ::-1], side)  # y points down there
    corner = head.triangles[triangle, ::-1]
    kept = (weight * head.above_cut[corner]).sum(axis=1) > 0
    pixel, weight, corner = pixel[kept], weight[kept], corner[kept]
    normals = (vertex_normals(head.points, head.triangles) @ turned.T)[corner]  # (pixel, corner, axis)
    normal = np.einsum("pc,pca->pa", weight, normals)
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    painted = head.albedo.reshape(len(head.points), -1)  # (vertices, channels)
    albedo = (weight[..., None] * painted[corner]).sum(axis=1)
    picture = np.zeros((side * side, len(lights), painted.shape[1]))
    picture[pixel] = shade(normal, albedo, lights)
    pooled = picture.reshape(SIDE, FINER, SIDE, FINER, len(lights), -1).mean(axis=(1, 3))
    levels: Array = np.rint(255 * np.minimum(pooled, 1) ** (1 / GAMMA)).astype(np.uint8).transpose(2, 0, 1, 3)
    return levels if head.albedo.ndim == 2 else levels[..., 0]


def rotation(azimuth: float, elevation: float) -> Array:
    """Turn about the vertical axis, then tip towards the camera, (3, 3)."""
    (ca, sa), (ce, se) = ((np.cos(a), np.sin(a)) for a in (azimuth, elevation))
    turn, tip = np.array([[ca, 0, sa], [0, 1, 0], [-sa, 0, ca]]), np.array([[1, 0, 0], [0, ce, -se], [0, se, ce]])
    both: Array = tip @ turn
    return both


def shade(normal: Array, albedo: Array, lights: Array) -> Array:
    """Return the light towards the camera (pixels, lights, channels), linear, of white lights.

    It is ambient light from above, Lambert's law and a soft gloss (Blinn). ALBEDO is (pixels, channels).
    """
    flat = np.cos(LIGHT_HEIGHT)
    to_light = np.stack([flat * np.sin(lights), np.full(len(lights), np.sin(LIGHT_HEIGHT)), flat * np.cos(lights)])
    halfway = to_light + np.array([[0], [0], [1]])
    halfway /= np.linalg.norm(halfway, axis=0)
    ambient = AMBIENT * (0.75 + 0.25 * normal[:, 1:2])
    diffuse = DIFFUSE * np.maximum(normal @ to_light, 0)
    gloss = GLOSS * np.maximum(normal @ halfway, 0) ** SHARPNESS
    light: Array = albedo[:, None] * (ambient + diffuse)[..., None] + gloss[..., None]
    return light
