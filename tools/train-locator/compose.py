"""Training images of the locator: frames with labelled corners, and cards composed on photographs.

Every image is made from its own number alone, so that the order of the work changes nothing.
"""

import csv
import os

import cv2
import numpy as np

SIDE = 256
MASK_SIDE = 128
FRAME_SIDE = 1024

# Specimens that show more or less than one whole document from edge to edge.
NOT_WHOLE = {"010.jpg", "016.jpg", "018.jpg", "021.jpg", "022.jpg", "030.jpg"}


def read(path, longest=FRAME_SIDE):
    image = cv2.imread(path, cv2.IMREAD_COLOR)
    if image is None:
        return None, 1.0
    scale = min(1.0, longest / max(image.shape[:2]))
    if scale < 1.0:
        size = (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))
        image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    return cv2.cvtColor(image, cv2.COLOR_BGR2RGB), scale


class Material:
    """What images are made of; each piece with the group that is left out together with it."""

    def __init__(self, data):
        self.frames = []  # (group, image, corners)
        with open(os.path.join(data, "found/dlc-grey/quads.csv")) as file:
            for row in csv.reader(file):
                if row[0] == "path":
                    continue
                image, scale = read(os.path.join(data, "found/dlc-grey", row[0]))
                corners = np.float32(row[1:]).reshape(4, 2) * scale
                self.frames.append((row[0].split("/")[0], image, corners))
        self.cards = []  # (group, image)
        self.scans = []  # (group, image): a card that fills the image
        for source in ("specimens-a", "specimens-b"):
            folder = os.path.join(data, "documents", source, "genuine")
            for name in sorted(os.listdir(folder)):
                image, _ = read(os.path.join(folder, name))
                group = {"alb": "alb_id", "aze": "aze_passport"}.get(name[:3], "specimen-" + name)
                if image is not None and name not in NOT_WHOLE:
                    self.cards.append((group, image))
        self.photographs = []  # (group, image)
        for root in ("documents", "found"):
            for source in sorted(os.listdir(os.path.join(data, root))):
                if not source.startswith("photos-"):
                    continue
                for label in ("genuine", "screen"):
                    folder = os.path.join(data, root, source, label)
                    if not os.path.isdir(folder):
                        continue
                    for name in sorted(os.listdir(folder)):
                        image, _ = read(os.path.join(folder, name), 512)
                        if image is not None and min(image.shape[:2]) >= 64:
                            self.photographs.append((source, image))

    def without(self, held_out):
        """The same without the groups that `held_out` names."""
        kept = object.__new__(Material)
        for name in ("frames", "cards", "photographs"):
            kept_pieces = [piece for piece in getattr(self, name) if not held_out(piece[0])]
            setattr(kept, name, kept_pieces)
        return kept


def between(random, low, high):
    return float(random.uniform(low, high))


def pick(random, pieces):
    return pieces[int(random.integers(len(pieces)))]


def colour_jitter(random, image):
    """Light, white balance and contrast of another camera."""
    image = image.astype(np.float32)
    gain = np.exp(random.normal(0.0, 0.10, 3)).astype(np.float32)
    exposure = np.float32(np.exp(random.normal(0.0, 0.22)))
    image = np.clip(image * gain * exposure, 0, 255)
    gamma = np.float32(np.exp(random.normal(0.0, 0.15)))
    image = 255.0 * (image / 255.0) ** gamma
    if random.random() < 0.12:
        image = image.mean(axis=2, keepdims=True).repeat(3, axis=2)
    return image


def tinted(random, image):
    """Colours laid over a grey document: being grey must not tell that it is one."""
    h, w = image.shape[:2]
    field = random.uniform(0.55, 1.25, (int(random.integers(2, 6)), int(random.integers(2, 6)), 3))
    field = cv2.resize(field.astype(np.float32), (w, h), interpolation=cv2.INTER_CUBIC)
    luma = image.astype(np.float32).mean(axis=2, keepdims=True) / 255.0
    dark, bright = random.uniform(0, 90, 3), random.uniform(170, 255, 3)
    two = dark.astype(np.float32) + luma * (bright - dark).astype(np.float32)
    share = np.float32(random.uniform(0.2, 1.0))
    return np.clip((image * (1 - share) + two * share) * field, 0, 255)


def drawn_card(random):
    """A card that belongs to nobody: a ground of lines, a head, lines of text."""
    w = 480
    h = int(w / between(random, 1.38, 1.62))
    y, x = np.mgrid[0:h, 0:w].astype(np.float32)
    near, far = random.uniform(120, 250, 3), random.uniform(120, 250, 3)
    share = (x / w * between(random, -1, 1) + y / h * between(random, -1, 1))[..., None]
    card = near + share * (far - near)
    wave = y + 20 * np.sin(x * between(random, 0.01, 0.08))
    lines = (np.sin(wave * between(random, 0.3, 1.2)) > 0.7)[..., None]
    card = np.clip(card - lines * random.uniform(0, 40, 3), 0, 255).astype(np.float32)
    if random.random() < 0.5:
        band = int(h * between(random, 0.08, 0.2))
        card[:band] = random.uniform(30, 230, 3)
    card = np.ascontiguousarray(card.astype(np.uint8))
    left, top = int(w * between(random, 0.03, 0.1)), int(h * between(random, 0.2, 0.35))
    pw, ph = int(w * between(random, 0.2, 0.3)), int(h * between(random, 0.4, 0.55))
    if random.random() < 0.15:
        left = w - pw - left
    card[top:top + ph, left:left + pw] = random.uniform(150, 245, 3)
    skin = random.uniform(0.4, 1.0) * np.array([235, 190, 160])
    hair = random.uniform(10, 110)
    cx, cy = left + pw // 2, top + int(ph * 0.45)
    cv2.ellipse(card, (cx, cy), (int(pw * 0.33), int(ph * 0.36)), 0, 0, 360, (hair,) * 3, -1)
    cv2.ellipse(card, (cx, top + ph), (int(pw * 0.45), int(ph * 0.22)), 0, 180, 360,
                tuple(map(float, random.uniform(20, 160, 3))), -1)
    cv2.ellipse(card, (cx, cy), (int(pw * 0.26), int(ph * 0.3)), 0, 0, 360, tuple(map(float, skin)), -1)
    letters = "ABCDEFGHIKLMNOPRSTUVXYZ0123456789<"
    start = left + pw + 20 if left < w // 2 else 20
    for line in range(int(random.integers(4, 8))):
        text = "".join(letters[int(i)] for i in random.integers(0, 33, int(random.integers(4, 16))))
        at = (start, int(h * 0.28) + line * int(h * 0.09))
        ink = tuple(map(float, random.uniform(0, 110, 3)))
        cv2.putText(card, text, at, cv2.FONT_HERSHEY_SIMPLEX, between(random, 0.3, 0.6), ink, 1,
                    cv2.LINE_AA)
    if random.random() < 0.5:
        for line in range(2):
            text = "".join(letters[int(i)] for i in random.integers(0, 34, 36))
            cv2.putText(card, text, (12, h - 30 + line * 20), cv2.FONT_HERSHEY_PLAIN, 1.05,
                        (20, 20, 20), 1, cv2.LINE_AA)
    return card.astype(np.float32)


def rounded(random, w, h):
    """The card's surface, 1 inside, with corners rounded as cards' or sharp as paper's."""
    alpha = np.zeros((h, w), np.float32)
    radius = int(w * (0.0 if random.random() < 0.45 else between(random, 0.02, 0.06)))
    if radius == 0:
        alpha[:] = 1.0
        return alpha
    cv2.rectangle(alpha, (radius, 0), (w - radius - 1, h - 1), 1.0, -1)
    cv2.rectangle(alpha, (0, radius), (w - 1, h - radius - 1), 1.0, -1)
    for x in (radius, w - radius - 1):
        for y in (radius, h - radius - 1):
            cv2.circle(alpha, (x, y), radius, 1.0, -1)
    return alpha


def corners_of(w, h):
    return np.float32([[0, 0], [w, 0], [w, h], [0, h]])


def placed(random, aspect, whole=True):
    """Corners of a card on the 256-px square, seen a little from the side."""
    size = between(random, 0.28, 0.98) if random.random() < 0.75 else between(random, 0.18, 0.4)
    shape = np.exp(between(random, -0.6, 0.6))  # of the image that was squeezed to a square
    angle = random.normal(0, 0.14) if random.random() < 0.75 else random.uniform(-0.8, 0.8)
    if random.random() < 0.25:
        angle += np.pi / 2 * int(random.integers(1, 4))
    half = np.float32([[-1, -1 / aspect], [1, -1 / aspect], [1, 1 / aspect], [-1, 1 / aspect]])
    turn = np.float32([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    quad = half @ turn.T * np.float32([shape, 1 / shape])
    # Perspective: the far side is shorter.
    tilt = random.normal(0, 0.09, 2)
    quad = quad / (1 + quad @ tilt.astype(np.float32)[:, None])
    extent = np.abs(quad).max(axis=0)
    quad = quad * (size * SIDE / 2 / extent.max())
    extent = np.abs(quad).max(axis=0)
    room = SIDE / 2 - extent
    if random.random() < (0.85 if whole else 0.0):
        shift = random.uniform(-1, 1, 2) * np.maximum(room, 0)
    else:
        shift = random.uniform(-1, 1, 2) * (np.maximum(room, 0) + 0.5 * extent)
    return (quad + SIDE / 2 + shift).astype(np.float32)


def warped(image, corners, quad, size=(SIDE, SIDE)):
    matrix = cv2.getPerspectiveTransform(corners, quad)
    scale = np.sqrt(max(cv2.contourArea(quad), 1.0) / max(cv2.contourArea(corners), 1.0))
    if scale < 0.6:
        image = cv2.GaussianBlur(image, (0, 0), 0.45 / scale)
    return cv2.warpPerspective(image, matrix, size, flags=cv2.INTER_LINEAR,
                               borderMode=cv2.BORDER_REPLICATE)


def filled(quad, blur=0.0):
    """The quad on the square, supersampled, 0 to 1."""
    mask = np.zeros((SIDE * 4, SIDE * 4), np.uint8)
    cv2.fillConvexPoly(mask, np.round(quad * 4).astype(np.int32), 255)
    mask = cv2.resize(mask, (SIDE, SIDE), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    return cv2.GaussianBlur(mask, (0, 0), blur) if blur > 0 else mask


def background(random, material):
    _, photograph = pick(random, material.photographs)
    h, w = photograph.shape[:2]
    share = between(random, 0.35, 1.0)
    cw, ch = max(32, int(w * share)), max(32, int(h * between(random, 0.7, 1.0) * share))
    x, y = int(random.integers(0, w - cw + 1)), int(random.integers(0, max(1, h - ch + 1)))
    part = cv2.resize(photograph[y:y + ch, x:x + cw], (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    if random.random() < 0.5:
        part = part[:, ::-1]
    return np.rot90(part, int(random.integers(4))).astype(np.float32)


def sheet(random, canvas):
    """A plain or printed sheet somewhere on the table, which is no card."""
    quad = placed(random, between(random, 1.0, 1.7), whole=False)
    alpha = filled(quad, 0.6)[..., None]
    colour = (random.uniform(170, 255) + random.normal(0, 12, 3)).clip(40, 255)
    paper = np.full((SIDE, SIDE, 3), colour, np.float32)
    if random.random() < 0.5:
        step = int(random.integers(4, 9))
        for y in range(0, SIDE, step):
            for x in range(int(random.integers(0, 20)), SIDE, 12):
                if random.random() < 0.8:
                    ink = float(random.uniform(30, 140))
                    cv2.line(paper, (x, y), (x + 8, y), (ink,) * 3, 1)
    return canvas * (1 - alpha) + paper * alpha


def card_of(random, material):
    kind = random.random()
    if kind < 0.55 and material.cards:
        card = pick(random, material.cards)[1].astype(np.float32)
    elif kind < 0.8 or not material.frames:
        card = drawn_card(random)
    else:
        _, frame, corners = pick(random, material.frames)
        card = cv2.warpPerspective(
            frame, cv2.getPerspectiveTransform(corners, corners_of(480, 304)), (480, 304),
            flags=cv2.INTER_AREA).astype(np.float32)
        card = tinted(random, card)
    if random.random() < 0.25:
        card = tinted(random, card)
    return card


def laid_on(random, canvas, card, quad):
    """The card on the canvas, with its shadow."""
    h, w = card.shape[:2]
    surface = rounded(random, w, h)
    alpha = cv2.warpPerspective(surface, cv2.getPerspectiveTransform(corners_of(w, h), quad),
                                (SIDE, SIDE), flags=cv2.INTER_AREA)
    alpha = np.minimum(alpha, filled(quad))
    if random.random() < 0.7:
        offset = random.normal(0, 2.2, 2)
        shadow = filled((quad + offset).astype(np.float32), between(random, 0.6, 4.0))
        canvas = canvas * (1 - between(random, 0.1, 0.6) * shadow[..., None])
    alpha = cv2.GaussianBlur(alpha, (0, 0), between(random, 0.3, 0.8))[..., None]
    card = warped(card, corners_of(w, h), quad) * between(random, 0.6, 1.1)
    if random.random() < 0.3:
        # Little contrast against the table: the card takes on its brightness.
        inside = alpha[..., 0] > 0.5
        if inside.any():
            card = card * np.clip(canvas.mean() / max(card[inside].mean(), 1.0), 0.5, 1.6)
    return canvas * (1 - alpha) + np.clip(card, 0, 255) * alpha


def handled(random, image, quad):
    """Fingers over the edge, a stripe of shadow, a highlight."""
    if random.random() < 0.3:
        for _ in range(int(random.integers(1, 4))):
            at = quad[int(random.integers(4))] * 0.7 + quad[int(random.integers(4))] * 0.3
            away = at - quad.mean(axis=0)
            at = at + away * between(random, -0.05, 0.3)
            colour = random.uniform(0.3, 1.0) * np.array([230, 180, 150])
            if random.random() < 0.3:
                colour = random.uniform(10, 250, 3)
            layer = np.zeros((SIDE, SIDE), np.float32)
            axes = (int(between(random, 10, 45)), int(between(random, 5, 16)))
            angle = float(np.degrees(np.arctan2(away[1], away[0])))
            cv2.ellipse(layer, (int(at[0]), int(at[1])), axes, angle + between(random, -25, 25),
                        0, 360, 1.0, -1)
            layer = cv2.GaussianBlur(layer, (0, 0), between(random, 0.6, 4))[..., None]
            image = image * (1 - layer) + colour.astype(np.float32) * layer
    if random.random() < 0.3:
        stripe = placed(random, between(random, 1.0, 8.0), whole=False)
        dark = filled(stripe, between(random, 0.8, 6.0))[..., None]
        image = image * (1 - between(random, 0.2, 0.7) * dark)
    if random.random() < 0.2:
        y, x = np.mgrid[0:SIDE, 0:SIDE].astype(np.float32)
        cx, cy = random.uniform(0, SIDE, 2)
        glare = np.exp(-((x - cx) ** 2 + (y - cy) ** 2) / (2 * between(random, 6, 40) ** 2))
        image = image + between(random, 60, 220) * glare[..., None]
    if random.random() < 0.5:
        y, x = np.mgrid[-1:1:SIDE * 1j, -1:1:SIDE * 1j].astype(np.float32)
        light = 1 + between(random, -0.35, 0.35) * x + between(random, -0.35, 0.35) * y
        image = image * light[..., None]
    return np.clip(image, 0, 255)


def taken(random, image):
    """Blur, noise and compression of a camera."""
    if random.random() < 0.5:
        image = cv2.GaussianBlur(image, (0, 0), between(random, 0.3, 1.3))
    if random.random() < 0.5:
        image = image + random.normal(0, between(random, 1, 9), image.shape).astype(np.float32)
    image = np.clip(image, 0, 255).astype(np.uint8)
    if random.random() < 0.5:
        quality = int(random.integers(45, 95))
        _, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
        image = cv2.imdecode(data, cv2.IMREAD_COLOR)
    return image


def real_frame(random, material):
    _, frame, corners = pick(random, material.frames)
    h, w = frame.shape[:2]
    image = frame
    kind = random.random()
    if kind < 0.65:
        size = (480, 304)
        box = corners_of(*size)
        to_flat = cv2.getPerspectiveTransform(corners, box)
        flat = cv2.warpPerspective(frame, to_flat, size, flags=cv2.INTER_AREA).astype(np.float32)
        if kind < 0.3:
            card = tinted(random, flat)
        else:
            # Another document in its place, under the light that lay on this one.
            light = cv2.GaussianBlur(flat.mean(axis=2), (0, 0), 30)[..., None] / 170.0
            card = cv2.resize(card_of(random, material), size) * np.clip(light, 0.15, 1.3)
        alpha = np.zeros((h, w), np.float32)
        cv2.fillConvexPoly(alpha, np.round(corners * 8).astype(np.int32), 1.0, cv2.LINE_AA, 3)
        alpha = cv2.GaussianBlur(alpha, (0, 0), 0.8)[..., None]
        back = cv2.warpPerspective(np.clip(card, 0, 255), cv2.getPerspectiveTransform(box, corners),
                                   (w, h), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        image = frame * (1 - alpha) + back * alpha
    image = image.astype(np.float32)
    # The part of the frame that is seen.
    low, high = corners.min(axis=0), corners.max(axis=0)
    whole = random.random() < 0.3
    if whole:
        x0, y0, x1, y1 = 0.0, 0.0, float(w), float(h)
    else:
        fill = between(random, 0.35, 1.05, )
        span = (high - low) / fill
        span = span * np.exp(random.uniform(-0.25, 0.25, 2))
        span = np.minimum(np.maximum(span, (high - low) * 0.9), [w, h])
        free = span - (high - low)
        start = low - free * random.uniform(0, 1, 2)
        start = np.clip(start, 0, np.maximum(np.float32([w, h]) - span, 0))
        x0, y0, x1, y1 = float(start[0]), float(start[1]), float(start[0] + span[0]), float(
            start[1] + span[1])
    view = np.float32([[x0, y0], [x1, y0], [x1, y1], [x0, y1]])
    if random.random() < 0.5:
        angle, centre = random.normal(0, 0.12), view.mean(axis=0)
        turn = np.float32([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        turned_view = ((view - centre) @ turn.T + centre).astype(np.float32)
        inside = (turned_view >= -0.02 * max(w, h)).all() and (
            turned_view <= np.float32([w, h]) + 0.02 * max(w, h)).all()
        view = turned_view if inside else view
    square = corners_of(SIDE, SIDE)
    matrix = cv2.getPerspectiveTransform(view, square)
    quad = cv2.perspectiveTransform(corners[None], matrix)[0]
    canvas = warped(image, view, square)
    turns = int(random.integers(4)) if random.random() < 0.3 else 0
    for _ in range(turns):
        canvas = np.ascontiguousarray(np.rot90(canvas))
        quad = np.stack([quad[:, 1], SIDE - quad[:, 0]], axis=1)
    if random.random() < 0.3:
        canvas = np.ascontiguousarray(canvas[:, ::-1])
        quad = np.stack([SIDE - quad[:, 0], quad[:, 1]], axis=1)
    if random.random() < 0.25:
        canvas = handled(random, canvas, quad.astype(np.float32))
    return canvas, quad.astype(np.float32)


def composed(random, material):
    canvas = background(random, material)
    for _ in range(int(random.integers(0, 3))):
        if random.random() < 0.4:
            canvas = sheet(random, canvas)
    card = card_of(random, material)
    quad = placed(random, card.shape[1] / card.shape[0])
    canvas = laid_on(random, canvas, card, quad)
    return handled(random, canvas, quad), quad


def scan(random, material):
    """A card that fills the image, with a margin of a few per cent or none."""
    card = pick(random, material.cards)[1].astype(np.float32) if random.random() < 0.7 \
        else card_of(random, material)
    if random.random() < 0.3:
        card = tinted(random, card)
    margin = 0.0 if random.random() < 0.6 else between(random, 0.0, 0.08)
    quad = corners_of(SIDE, SIDE) * (1 - 2 * margin) + SIDE * margin
    quad = quad + np.float32(random.normal(0, 0.3 * margin * SIDE, (4, 2)))
    canvas = np.full((SIDE, SIDE, 3), float(random.uniform(200, 255)), np.float32)
    if random.random() < 0.3:
        canvas = background(random, material)
    alpha = filled(quad)[..., None]
    h, w = card.shape[:2]
    canvas = canvas * (1 - alpha) + warped(card, corners_of(w, h), quad) * alpha
    return canvas, quad


def nothing(random, material):
    canvas = background(random, material)
    if random.random() < 0.35:
        canvas = sheet(random, canvas)
    return canvas, None


def sample(material, seed, index):
    """Image (256 x 256 x 3) and mask (128 x 128), both 8 bits."""
    random = np.random.default_rng((seed, index))
    kind = random.random()
    maker = real_frame if kind < 0.46 else composed if kind < 0.8 else scan if kind < 0.86 \
        else nothing
    canvas, quad = maker(random, material)
    image = taken(random, colour_jitter(random, np.clip(canvas, 0, 255)))
    if quad is None:
        mask = np.zeros((MASK_SIDE, MASK_SIDE), np.uint8)
    else:
        mask = cv2.resize(filled(quad), (MASK_SIDE, MASK_SIDE), interpolation=cv2.INTER_AREA)
        mask = np.round(mask * 255).astype(np.uint8)
    return image, mask
