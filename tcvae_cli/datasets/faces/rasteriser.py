"""A small z-buffer: which triangle each pixel shows, and what is interpolated there. Plain NumPy."""

import numpy as np

from tcvae_cli.arrays import Array


def visible(points: Array, triangles: Array, side: int) -> tuple[Array, Array, Array]:
    """Return what a square picture of SIDE pixels shows of TRIANGLES (triangles, 3) with corners POINTS (vertices, 3).

    Points are x to the right and y down in pixels, and the distance from the eye. Triangles that turn their back (whose
    corners run against the clock on the screen) are not seen. Returns the pixels that show something (pixels,) as
    row * SIDE + column, the triangle there (pixels,), and the weights of its corners (pixels, 3), which sum to 1.
    """
    corners = points[triangles]  # (triangle, corner, axis)
    x, y, distance = corners[..., 0], corners[..., 1], corners[..., 2]
    area = (x[:, 1] - x[:, 0]) * (y[:, 2] - y[:, 0]) - (y[:, 1] - y[:, 0]) * (x[:, 2] - x[:, 0])
    left, top = (np.clip(np.ceil(c.min(axis=1) - 0.5), 0, side).astype(np.int32) for c in (x, y))
    right, bottom = (np.clip(np.floor(c.max(axis=1) - 0.5) + 1, 0, side).astype(np.int32) for c in (x, y))
    width, height = np.maximum(right - left, 0), np.maximum(bottom - top, 0)
    facing = np.flatnonzero((area > 0) & (width > 0) & (height > 0))
    count = (width * height)[facing]
    triangle = np.repeat(facing, count)  # (candidate,) every pixel of every triangle's box
    offset = np.arange(len(triangle)) - np.repeat(np.cumsum(count) - count, count)
    down, along = np.divmod(offset, width[triangle])
    column, row = left[triangle] + along, top[triangle] + down
    px, py = column + 0.5, row + 0.5
    weights = []
    for i, j in ((1, 2), (2, 0), (0, 1)):  # twice the area of the pixel's centre with the edge across the corner
        ax, ay = x[triangle, i], y[triangle, i]
        weights.append((x[triangle, j] - ax) * (py - ay) - (y[triangle, j] - ay) * (px - ax))
    inside = np.flatnonzero((weights[0] >= 0) & (weights[1] >= 0) & (weights[2] >= 0))
    triangle, pixel = triangle[inside], (row * side + column)[inside]
    weight = np.stack([w[inside] for w in weights], axis=1) / area[triangle][:, None]
    order = np.argsort(-(weight * distance[triangle]).sum(axis=1), kind="stable")  # the nearest is written last
    winner = np.full(side * side, -1)
    winner[pixel[order]] = order
    shown = np.flatnonzero(winner >= 0)
    return shown, triangle[winner[shown]], weight[winner[shown]]


def vertex_normals(points: Array, triangles: Array) -> Array:
    """Return unit normals (vertices, 3): the mean of the triangles around each vertex, weighted by their areas."""
    a, b, c = (points[triangles[:, k]] for k in range(3))
    across = np.cross(b - a, c - a)
    total = np.stack(
        [np.bincount(triangles.ravel(), np.repeat(across[:, axis], 3), len(points)) for axis in range(3)], axis=1
    )
    normals: Array = total / np.maximum(np.linalg.norm(total, axis=1, keepdims=True), 1e-12)
    return normals
