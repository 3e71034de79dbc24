"""The face measurements once more, with onnxruntime and OpenCV, and how far Verax is from them.

Both sides get the same pixels (every image is written out as PNG first) and the same models.

    python faces.py MODELS PROGRAM IMAGE...      compare findings
    python faces.py --bench SECONDS THREADS MODELS IMAGE   time this reference

MODELS is the models' folder of a Verax data folder; PROGRAM is the example `measure_faces`.
"""

import json
import os
import subprocess
import sys
import tempfile
import threading
import time

import cv2
import numpy as np
import onnxruntime

ALIGNED = np.array(
    [[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]]
)
OUTPUTS = [f"{kind}_{stride}" for kind in ("cls", "obj", "bbox", "kps") for stride in (8, 16, 32)]


class Reference:
    def __init__(self, folder):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 3

        def load(name):
            path = os.path.join(folder, name + ".onnx")
            return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])

        self.detector, self.template_net, self.attack_net = map(
            load, ("face-detector", "face-template", "face-attack")
        )

    def measure(self, bgr):
        faces = self.detect(bgr, 320) or self.detect(bgr, 640)
        if not faces:
            return {"faces": [], "attack": None, "template": None}
        return {
            "faces": faces,
            "attack": self.attack(bgr, faces[0]["box"]),
            "template": self.template(bgr, np.array(faces[0]["points"])).tolist(),
        }

    def detect(self, bgr, longer):
        height, width = bgr.shape[:2]
        scale = longer / max(height, width)
        w, h = max(1, int(width * scale + 0.5)), max(1, int(height * scale + 0.5))
        canvas = np.zeros((-(-h // 32) * 32, -(-w // 32) * 32, 3), np.uint8)
        canvas[:h, :w] = cv2.resize(bgr, (w, h), interpolation=cv2.INTER_LINEAR)
        planes = canvas.transpose(2, 0, 1)[None].astype(np.float32)
        out = self.detector.run(OUTPUTS, {self.detector.get_inputs()[0].name: planes})
        boxes, scores, points = [], [], []
        for level, stride in enumerate((8, 16, 32)):
            cls, obj, box, kps = (out[kind * 3 + level][0] for kind in range(4))
            score = np.sqrt(np.clip(cls[:, 0], 0, 1) * np.clip(obj[:, 0], 0, 1))
            for cell in np.flatnonzero(score >= 0.6):
                at = np.array([cell % (canvas.shape[1] // stride), cell // (canvas.shape[1] // stride)])
                size = np.exp(box[cell, 2:]) * stride
                centre = (at + box[cell, :2]) * stride
                boxes.append([*(centre - size / 2), *size])
                scores.append(float(score[cell]))
                points.append((kps[cell].reshape(5, 2) + at) * stride)
        kept = cv2.dnn.NMSBoxes(boxes, scores, 0.6, 0.3) if boxes else []
        across, down = width / w, height / h
        faces = [
            {
                "confidence": scores[k],
                "box": (np.array(boxes[k]) * [across, down, across, down]).tolist(),
                "points": (points[k] * [across, down]).tolist(),
            }
            for k in np.array(kept).flatten()
        ]
        return sorted(faces, key=lambda face: -face["box"][2] * face["box"][3])

    def attack(self, bgr, box):
        height, width = bgr.shape[:2]
        x, y, w, h = box
        scores = []
        for wanted in (1.5, 2.0, 2.7):
            scale = min((width - 1) / w, (height - 1) / h, wanted)
            left, right = x + w / 2 - w * scale / 2, x + w / 2 + w * scale / 2
            top, bottom = y + h / 2 - h * scale / 2, y + h / 2 + h * scale / 2
            if left < 0:
                left, right = 0, right - left
            if top < 0:
                top, bottom = 0, bottom - top
            if right > width - 1:
                left, right = left - (right - width + 1), width - 1
            if bottom > height - 1:
                top, bottom = top - (bottom - height + 1), height - 1
            left, top = max(left, 0), max(top, 0)
            crop = bgr[int(top) : int(bottom) + 1, int(left) : int(right) + 1]
            crop = cv2.resize(crop, (128, 128), interpolation=cv2.INTER_LINEAR)
            planes = crop.transpose(2, 0, 1)[None].astype(np.float32)
            logits = self.attack_net.run(None, {self.attack_net.get_inputs()[0].name: planes})[0][0]
            shares = np.exp(logits - logits.max())
            scores.append(float(shares[0] / shares.sum()))
        return scores

    def template(self, bgr, points):
        # The least-squares similarity, as complex numbers: to = rotation * from + shift.
        source, target = points @ [1, 1j], ALIGNED @ [1, 1j]
        s, t = source - source.mean(), target - target.mean()
        turn = (np.conj(s) * t).sum() / (np.abs(s) ** 2).sum()
        shift = target.mean() - turn * source.mean()
        matrix = np.array([[turn.real, -turn.imag, shift.real], [turn.imag, turn.real, shift.imag]])
        aligned = cv2.warpAffine(bgr, matrix, (112, 112), flags=cv2.INTER_LINEAR)
        planes = aligned[:, :, ::-1].transpose(2, 0, 1)[None].astype(np.float32)
        values = self.template_net.run(["fc1"], {"data": planes})[0][0].astype(np.float64)
        return values / np.linalg.norm(values)


def compare(folder, program, images):
    reference = Reference(folder)
    with tempfile.TemporaryDirectory() as temporary:
        paths = []
        for number, image in enumerate(images):
            paths.append(os.path.join(temporary, f"{number}.png"))
            cv2.imwrite(paths[-1], cv2.imread(image))
        lines = subprocess.run(
            [program, folder, *paths], check=True, capture_output=True, text=True
        ).stdout.splitlines()
        ours = [json.loads(line) for line in lines]
        theirs = [reference.measure(cv2.imread(path)) for path in paths]
    worst = {"confidence": 0.0, "box_px": 0.0, "points_px": 0.0, "attack": 0.0, "same_face": 0.0, "cosine": 0.0}

    def note(name, difference):
        worst[name] = max(worst[name], float(difference))

    for image, a, b in zip(images, ours, theirs):
        if len(a.get("faces", [])) != len(b["faces"]):
            sys.exit(f"{image}: {len(a.get('faces', []))} faces, the reference has {len(b['faces'])}")
        for mine, other in zip(a["faces"], b["faces"]):
            note("confidence", abs(mine["confidence"] - other["confidence"]))
            note("box_px", np.abs(np.subtract(mine["box"], other["box"])).max())
            note("points_px", np.abs(np.subtract(mine["points"], other["points"])).max())
        if a["template"] and b["template"]:
            # None where the face fills the image.
            if a["attack"]:
                note("attack", np.abs(np.subtract(a["attack"], b["attack"])).max())
            note("same_face", 1 - np.dot(a["template"], b["template"]))
    with_face = [(a["template"], b["template"]) for a, b in zip(ours, theirs) if b["template"]]
    for i, (mine, other) in enumerate(with_face):
        for mine2, other2 in with_face[:i]:
            note("cosine", abs(np.dot(mine, mine2) - np.dot(other, other2)))
    print(f"{len(images)} images, {len(with_face)} with a face; largest differences:")
    for name, difference in worst.items():
        limit = 0.1 if name.endswith("px") else 1e-3
        print(f"  {name:<12} {difference:.2e}  limit {limit:g}  {'ok' if difference <= limit else 'MISSED'}")
    if any(d > (0.1 if n.endswith("px") else 1e-3) for n, d in worst.items()):
        sys.exit(1)


def bench(seconds, threads, folder, image):
    cv2.setNumThreads(1)
    data = np.fromfile(image, np.uint8)
    reference = Reference(folder)
    times = []
    start, start_cpu = time.perf_counter(), time.process_time()

    def lane():
        while time.perf_counter() - start < seconds:
            begun = time.perf_counter()
            reference.measure(cv2.imdecode(data, cv2.IMREAD_COLOR))
            times.append(time.perf_counter() - begun)

    lanes = [threading.Thread(target=lane) for _ in range(threads)]
    for one in lanes:
        one.start()
    for one in lanes:
        one.join()
    elapsed = time.perf_counter() - start
    print(
        json.dumps(
            {
                "threads": threads,
                "imagesPerSecond": len(times) / elapsed,
                "medianMs": sorted(times)[len(times) // 2] * 1e3,
                "processorMs": (time.process_time() - start_cpu) / len(times) * 1e3,
            }
        )
    )


if __name__ == "__main__":
    if sys.argv[1:2] == ["--bench"]:
        bench(float(sys.argv[2]), int(sys.argv[3]), sys.argv[4], sys.argv[5])
    elif len(sys.argv) > 3:
        compare(sys.argv[1], sys.argv[2], sys.argv[3:])
    else:
        sys.exit(__doc__)
