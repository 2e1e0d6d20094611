# SPDX-License-Identifier: Apache-2.0
"""Writes Tests/ImagingTests/Fixtures: small pictures of every kind that Ocelli reads, and a manifest of
Pillow's results, one per line:

    decode FILE WIDTH HEIGHT HASH               RGB bytes of Image.open(FILE), upright by
                                                ImageOps.exif_transpose, in mode RGB
    resize FILTER WIDTH HEIGHT HASH             of rgb8.png, with Image.resize
    greyresize FILTER WIDTH HEIGHT HASH         of grey8.png, likewise, in mode L
    jump FILTER WIDTH HEIGHT HASH               of line.png, a very wide picture

HASH is 64-bit FNV-1a. Where Pillow and Ocelli differ on purpose (16-bit grey), the line holds
Ocelli's rule.

usage: imaging.py [FOLDER]        (needs numpy and Pillow; last run with Pillow 13.0.0)
"""
import io
import struct
import sys
import zlib
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

folder = Path(sys.argv[1] if len(sys.argv) > 1 else "Tests/ImagingTests/Fixtures")
folder.mkdir(parents=True, exist_ok=True)
manifest = []


def fnv(data):
    value = 0xCBF29CE484222325
    for byte in data:
        value = (value ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return f"{value:016x}"


def picture(width, height, seed=1):
    """Gradients, an edge, a disc and a little noise, in 16 bits."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width]
    red = x / max(1, width - 1)
    green = y / max(1, height - 1)
    blue = (x + y) % 16 / 15
    rgb = np.stack([red, green, blue], axis=-1)
    rgb[(x > width * 0.6) & (y < height * 0.4)] = [1, 0.9, 0.1]
    rgb[(x - width * 0.3) ** 2 + (y - height * 0.6) ** 2 < (height * 0.25) ** 2] = [0.1, 0.2, 0.7]
    rgb = np.clip(rgb + random.normal(0, 0.02, rgb.shape), 0, 1)
    return (rgb * 65535).astype(np.uint16)


def png(samples, depth, kind, interlaced=False, palette=None, transparency=None, exif=None):
    """Encodes samples[h, w, c] with filter 0; Pillow cannot write most of these kinds."""

    def chunk(name, data):
        checksum = zlib.crc32(name + data)
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", checksum)

    def rows(part):
        if part.shape[0] == 0 or part.shape[1] == 0:
            return b""
        out = b""
        for row in part.reshape(part.shape[0], -1):
            if depth == 16:
                packed = row.astype(">u2").tobytes()
            elif depth == 8:
                packed = row.astype(np.uint8).tobytes()
            else:
                bits = np.unpackbits(row.astype(np.uint8)[:, None], axis=1)[:, 8 - depth:]
                packed = np.packbits(bits.reshape(-1)).tobytes()
            out += b"\0" + packed
        return out

    height, width = samples.shape[:2]
    if interlaced:
        passes = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4)]
        passes += [(0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
        data = b"".join(rows(samples[y0::dy, x0::dx]) for x0, y0, dx, dy in passes)
    else:
        data = rows(samples)
    header = struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, int(interlaced))
    out = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header)
    if palette is not None:
        out += chunk(b"PLTE", palette.astype(np.uint8).tobytes())
    if transparency is not None:
        out += chunk(b"tRNS", transparency)
    if exif is not None:
        out += chunk(b"eXIf", exif)
    return out + chunk(b"IDAT", zlib.compress(data, 9)) + chunk(b"IEND", b"")


def keep(name, data, expected=None):
    (folder / name).write_bytes(data)
    if expected is None:
        expected = np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(data))).convert("RGB"))
    height, width = expected.shape[:2]
    manifest.append(f"decode {name} {width} {height} {fnv(expected.astype(np.uint8).tobytes())}")


deep = picture(53, 37)
rgb = (deep >> 8).astype(np.uint8)
grey16 = deep.mean(axis=-1).astype(np.uint16)[..., None]
grey = (grey16 >> 8).astype(np.uint8)
alpha = (np.arange(53 * 37).reshape(37, 53, 1) % 256).astype(np.uint8)
palette = np.random.default_rng(2).integers(0, 256, (256, 3))

GREY, RGB, PALETTE, GREY_ALPHA, RGBA = 0, 2, 3, 4, 6
keep("rgb8.png", png(rgb, 8, RGB))
keep("rgb16.png", png(deep, 16, RGB))
keep("rgba8.png", png(np.concatenate([rgb, alpha], -1), 8, RGBA))
keep("rgba16.png", png(np.concatenate([deep, alpha.astype(np.uint16) * 257], -1), 16, RGBA))
keep("rgb8-transparent-color.png", png(rgb, 8, RGB, transparency=struct.pack(">HHH", *rgb[0, 0])))
keep("grey1.png", png(grey >> 7, 1, GREY))
keep("grey2.png", png(grey >> 6, 2, GREY))
keep("grey4.png", png(grey >> 4, 4, GREY))
keep("grey8.png", png(grey, 8, GREY))
keep("grey16.png", png(grey16, 16, GREY), expected=np.repeat(grey, 3, -1))
keep("grey8-alpha.png", png(np.concatenate([grey, alpha], -1), 8, GREY_ALPHA))
keep("palette1.png", png(grey >> 7, 1, PALETTE, palette=palette[:2]))
keep("palette4.png", png(grey >> 4, 4, PALETTE, palette=palette[:16]))
keep("palette8.png", png(grey, 8, PALETTE, palette=palette))
see_through = png(grey, 8, PALETTE, palette=palette, transparency=bytes(range(256)))
keep("palette8-transparent.png", see_through)
keep("rgb8-interlaced.png", png(rgb, 8, RGB, interlaced=True))
keep("palette1-interlaced.png", png(grey >> 7, 1, PALETTE, interlaced=True, palette=palette[:2]))
keep("rgb16-interlaced.png", png(deep, 16, RGB, interlaced=True))
for value, turn in enumerate([
        None, Image.FLIP_LEFT_RIGHT, Image.ROTATE_180, Image.FLIP_TOP_BOTTOM, Image.TRANSPOSE, Image.ROTATE_90,
        Image.TRANSVERSE, Image.ROTATE_270], start=1):
    upright = Image.fromarray(rgb[:20, :31])
    stored = np.asarray(upright if turn is None else upright.transpose(turn))
    block = struct.pack(">2sHIHHHIHHI", b"MM", 42, 8, 1, 0x0112, 3, 1, value, 0, 0)
    keep(f"turned-{value}.png", png(stored, 8, RGB, exif=block))
keep("one-pixel.png", png(rgb[:1, :1], 8, RGB))
keep("line.png", png((picture(2000, 1, seed=3) >> 8).astype(np.uint8), 8, RGB))


def jpeg(image, **options):
    file = io.BytesIO()
    image.save(file, "JPEG", **options)
    return file.getvalue()


color = Image.fromarray(rgb)
inks = color.convert("CMYK")
black = Image.fromarray(np.ascontiguousarray(255 - grey[..., 0] // 2))
inks = Image.merge("CMYK", (*inks.split()[:3], black.point(lambda v: 255 - v)))
exif = Image.Exif()
exif[0x0112] = 6
cmyk = jpeg(inks, quality=90)
adobe = cmyk.index(b"Adobe")
keep("420.jpg", jpeg(color))
keep("444.jpg", jpeg(color, quality=90, subsampling=0))
keep("422.jpg", jpeg(color, subsampling=1))
keep("grey.jpg", jpeg(Image.fromarray(grey[..., 0])))
keep("progressive.jpg", jpeg(color, progressive=True))
keep("optimized-restart.jpg", jpeg(color, optimize=True, restart_marker_blocks=3))
keep("rgb.jpg", jpeg(color, keep_rgb=True))
keep("cmyk.jpg", cmyk)
keep("ycck.jpg", cmyk[: adobe + 11] + b"\x02" + cmyk[adobe + 12:])
keep("turned.jpg", jpeg(color, exif=exif))
keep("one-pixel.jpg", jpeg(Image.fromarray(rgb[:1, :1])))
keep("mislabelled.png", jpeg(Image.fromarray(rgb[:16, :16])))

small = rgb[:7, :5]
text = lambda values: " ".join(str(v) for v in values.reshape(-1)).encode()
keep("rgb.ppm", b"P6\n# a comment\n53 37\n255\n" + rgb.tobytes())
keep("grey.pgm", b"P5 53 37 255\n" + grey.tobytes())
keep("text.ppm", b"P3 # why\n5 # wide\n7\n255\n" + text(small) + b"\n")
keep("text-15.pgm", b"P2\n5 7\n15\n" + text(small[..., 0] >> 4))
keep("maximum-100.ppm", b"P6 5 7 100\n" + (small % 101).astype(np.uint8).tobytes())
keep("maximum-2.ppm", b"P6 5 7 2\n" + (small % 3).astype(np.uint8).tobytes())
wide = deep[:7, :5] % 1001
keep("maximum-1000.ppm", b"P6 5 7 1000\n" + wide.astype(">u2").tobytes())
wide = deep[:7, :5, 0]
upper = np.repeat((wide >> 8).astype(np.uint8)[..., None], 3, -1)
keep("maximum-65535.pgm", b"P5 5 7 65535\n" + wide.astype(">u2").tobytes(), upper)


def resized(image, size, kind):
    """Columns first, as Pillow did up to 12, and does in 13 unless the height shrinks more."""
    return image.resize((size[0], image.height), kind).resize(size, kind)


filters = {"nearest": Image.NEAREST, "box": Image.BOX, "bilinear": Image.BILINEAR,
           "bicubic": Image.BICUBIC}
sizes = [(53, 37), (1, 1), (32, 32), (96, 96), (53, 20), (20, 37), (54, 36), (52, 38)]
sizes += [(106, 74), (7, 150)]
for label, image in (("resize", color), ("greyresize", Image.fromarray(grey[..., 0]))):
    for name, kind in filters.items():
        for size in sizes:
            digest = fnv(resized(image, size, kind).tobytes())
            manifest.append(f"{label} {name} {size[0]} {size[1]} {digest}")
line = Image.open(folder / "line.png")
for name, kind in filters.items():
    for size in ((3, 1), (1999, 2), (640, 3)):
        digest = fnv(resized(line, size, kind).tobytes())
        manifest.append(f"jump {name} {size[0]} {size[1]} {digest}")

# These files are not made here. quadrants_*: one picture in all orientations of EXIF, and in one that does not exist.
for name in ["quadrants_*", "bit1.png", "grey_alpha.png", "interlaced_hopper.png", "palette_trns.png", "ramp16_rgb.png",
             "rgb_trns_key.png", "rgba_hidden_red.png", "std.jpg", "nodht*.jpg", "padded_eoi.jpg"]:
    for path in sorted(folder.glob(name)):
        keep(path.name, path.read_bytes())
for name in ["ramp16_grey.png", "ramp16_grey_low.png"]:
    upper = (np.asarray(Image.open(folder / name)).astype(np.uint16) >> 8).astype(np.uint8)
    keep(name, (folder / name).read_bytes(), np.repeat(upper[..., None], 3, -1))

(folder / "manifest.txt").write_text("\n".join(manifest) + "\n")
