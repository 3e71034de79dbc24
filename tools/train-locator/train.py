"""Trains the locator and writes it as ONNX. See README.md."""

import argparse
import json
import multiprocessing
import os
import time

import cv2
import numpy as np
import torch
from torch import nn
from torch.nn import functional

import compose
import export

WIDTHS = (16, 32, 48, 64, 80)

# Two halves of the document types and of the photographers: what one model has not seen.
HALVES = {
    "a": {"alb_id", "aze_passport"},
    "b": {"esp_id", "est_id", "fin_id"},
}


def half_of(group):
    """The half in which a group is held out. Photographers and specimens take turns by name."""
    for half, types in HALVES.items():
        if group in types:
            return half
    return "ab"[sum(group.encode()) % 2]


def convolution(inputs, outputs, stride=1, kernel=3):
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(),
    )


class Locator(nn.Module):
    """A U-Net whose skips are sums: 256 px in, the document's share of each of 128 x 128 cells out."""

    def __init__(self):
        super().__init__()
        self.down = nn.ModuleList()
        inputs = 3
        for level, width in enumerate(WIDTHS):
            layers = [convolution(inputs, width, 2)]
            if level > 0:
                layers.append(convolution(width, width))
            if level == len(WIDTHS) - 1:
                layers.append(convolution(width, width))
            self.down.append(nn.Sequential(*layers))
            inputs = width
        pairs = list(zip(WIDTHS[:0:-1], WIDTHS[-2::-1]))
        self.narrow = nn.ModuleList(nn.Conv2d(a, b, 1) for a, b in pairs)
        self.up = nn.ModuleList(convolution(b, b) for _, b in pairs)
        self.head = nn.Conv2d(WIDTHS[0], 1, 1)

    def forward(self, pixels):
        planes, skips = pixels * (1 / 127.5) - 1.0, []
        for stage in self.down:
            planes = stage(planes)
            skips.append(planes)
        skips.pop()
        for narrow, up in zip(self.narrow, self.up):
            planes = functional.interpolate(narrow(planes), scale_factor=2, mode="nearest")
            planes = up(planes + skips.pop())
        return self.head(planes)


def loss_of(logits, masks):
    cells = functional.binary_cross_entropy_with_logits(logits, masks)
    share = torch.sigmoid(logits)
    both = (share * masks).sum(dim=(1, 2, 3))
    either = share.sum(dim=(1, 2, 3)) + masks.sum(dim=(1, 2, 3))
    dice = 1 - (2 * both + 20) / (either + 20)
    return cells + 0.5 * dice.mean()


def make_part(work):
    seed, numbers = work
    made = [compose.sample(MATERIAL, seed, number) for number in numbers]
    return np.stack([m[0] for m in made]), np.stack([m[1] for m in made])


def pool(material, seed, count, processes):
    """`count` images and masks, in the order of their numbers."""
    global MATERIAL
    MATERIAL = material
    parts = [(seed, list(range(at, min(at + 100, count)))) for at in range(0, count, 100)]
    with multiprocessing.get_context("fork").Pool(processes) as workers:
        made = workers.map(make_part, parts, chunksize=1)
    return np.concatenate([m[0] for m in made]), np.concatenate([m[1] for m in made])


def train(images, masks, seed, stages, batch):
    """`stages`: steps, largest learning rate, and by how much images are made smaller."""
    torch.manual_seed(seed)
    model = Locator().to(memory_format=torch.channels_last)
    order = np.random.default_rng(seed)
    for steps, rate, smaller in stages:
        train_stage(model, halved(images, smaller), halved(masks, smaller), order,
                    steps, rate, batch)
    return model.eval()


def halved(images, smaller):
    """Averaged over squares of `smaller` pixels."""
    if smaller == 1:
        return images
    n, h, w = images.shape[:3]
    out = np.empty((n, h // smaller, w // smaller) + images.shape[3:], np.uint8)
    for at in range(n):
        squares = images[at].reshape((h // smaller, smaller, w // smaller, smaller) + images.shape[3:])
        out[at] = squares.mean(axis=(1, 3)) + 0.5
    return out


def train_stage(model, images, masks, order, steps, rate, batch):
    optimiser = torch.optim.AdamW(model.parameters(), lr=rate, weight_decay=1e-4)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, rate, total_steps=steps, pct_start=0.1)
    queue = np.empty(0, np.int64)
    started, mean = time.time(), 0.0
    for step in range(steps):
        if len(queue) < batch:
            queue = order.permutation(len(images))
        chosen, queue = np.sort(queue[:batch]), queue[batch:]
        pixels = torch.from_numpy(images[chosen].transpose(0, 3, 1, 2).astype(np.float32))
        goal = torch.from_numpy(masks[chosen][:, None].astype(np.float32) / 255)
        flips = [axis for axis in (2, 3) if order.random() < 0.5]
        pixels, goal = pixels.flip(flips), goal.flip(flips)
        optimiser.zero_grad()
        pixels = pixels.contiguous(memory_format=torch.channels_last)
        # Products in bfloat16 take 40 % less time; weights and loss stay in float32.
        with torch.autocast("cpu", torch.bfloat16):
            logits = model(pixels)
        loss = loss_of(logits.float(), goal)
        loss.backward()
        optimiser.step()
        schedule.step()
        # The running mean of the loss is for the reader alone.
        mean = loss.item() if step == 0 else 0.98 * mean + 0.02 * loss.item()
        if step % 100 == 99:
            print(f"step {step + 1}: loss {mean:.4f}, {time.time() - started:.0f} s", flush=True)


def mask_overlap(model, frames):
    """Intersection over union of mask and labelled document on whole frames, before any quad."""
    overlaps = []
    for group, image, corners in frames:
        h, w = image.shape[:2]
        small = cv2.resize(image, (compose.SIDE,) * 2, interpolation=cv2.INTER_AREA)
        quad = corners * np.float32([compose.SIDE / w, compose.SIDE / h])
        goal = cv2.resize(compose.filled(quad), (compose.MASK_SIDE,) * 2) > 0.5
        with torch.no_grad():
            pixels = torch.from_numpy(small.transpose(2, 0, 1)[None].astype(np.float32))
            seen = model(pixels)[0, 0].numpy() > 0
        overlaps.append((group, (goal & seen).sum() / max((goal | seen).sum(), 1)))
    return overlaps


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", help="folder with documents/ and found/")
    parser.add_argument("onnx", help="file to write")
    parser.add_argument("--hold-out", choices=sorted(HALVES), help="train without one half")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--images", type=int, default=6000)
    parser.add_argument("--coarse-steps", type=int, default=4000, help="at half the size")
    parser.add_argument("--fine-steps", type=int, default=500)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--processes", type=int, default=2, help="that compose images")
    args = parser.parse_args()
    # One thread and deterministic kernels: the same numbers come out again.
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    cv2.setNumThreads(1)
    material = compose.Material(args.data)
    held_out = (lambda group: half_of(group) == args.hold_out) if args.hold_out \
        else (lambda group: False)
    used = material.without(held_out)
    print(f"{len(used.frames)} frames, {len(used.cards)} cards, "
          f"{len(used.photographs)} photographs", flush=True)
    images, masks = pool(used, args.seed, args.images, args.processes)
    print(f"{len(images)} images composed", flush=True)
    stages = [(args.coarse_steps, 2e-3, 2), (args.fine_steps, 1e-3, 1)]
    model = train(images, masks, args.seed, stages, args.batch)
    model = model.to(memory_format=torch.contiguous_format)
    export.write(model, args.onnx)
    unseen = [frame for frame in material.frames if held_out(frame[0])]
    for name, frames in (("not seen", unseen), ("seen", used.frames)):
        overlaps = np.array([overlap for _, overlap in mask_overlap(model, frames)])
        if len(overlaps):
            print(f"masks of frames of types {name}: {len(overlaps)}, median {np.median(overlaps):.3f}, "
                  f">= 0.7 {np.mean(overlaps >= 0.7):.3f}, >= 0.8 {np.mean(overlaps >= 0.8):.3f}")


if __name__ == "__main__":
    main()
