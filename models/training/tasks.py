"""The two networks: what they are made of and what they learn from."""
import numpy as np

from . import augment, crops, fire_crops, vehicle_crops
from .fit import Task


class Fire(Task):
    """Is this candidate flame, is it smoke?"""

    name, outputs = "fire", ("fire", "smoke")
    widths, side = (24, 40, 40, 80, 80, 144, 144, 144, 192), 96
    stages = ((1500, 64), (1400, 64), (2300, 96))
    context = 1.4
    build = staticmethod(fire_crops.build)

    def rows(self):
        sets = ("fire8", "bombatronic_fire", "continuous_fire")
        return [("validation", lambda n: True), ("test", lambda n: True),
                ("test:candidates: coloured or bright like fire, in a fire's box and in pictures without", lambda n: n["kind"] in ("flame", "coloured")),
                ("test:fire's boxes as they were drawn, all negatives", lambda n: n["labels"][0] != 1 or n["kind"] == "fire"),
                ("test:its pictures of fire sets only", lambda n: n["source"] in sets)]

    def groups(self, notes):
        kinds = {}
        for i, n in enumerate(notes):
            kind = "fire" if n["labels"][0] == 1 else "smoke" if n["labels"][1] == 1 else n["kind"]
            if n["source"] == "clips":
                kind = "clip " + kind
            kinds.setdefault(kind, []).append(i)
        shares = {"fire": 40, "smoke": 10, "coloured": 20, "background": 8, "clip coloured": 6, "clip moving": 4}
        return [(shares.get(kind, 2.5), indices) for kind, indices in kinds.items()]

    def change(self, square, labels, side, rng, other):
        fire, smoke = labels
        chance = rng.random()
        if fire == 1 and chance < 0.25:
            back = other()
            square = augment.flame_before(square, back[:, ::-1], rng)
            labels = np.array([1, crops.UNKNOWN], np.int8)
        elif fire == 0 and chance < 0.12:
            square = augment.with_lamp(square, rng)
        elif smoke == 0 and chance > 0.94:
            square = augment.with_smoke(square, rng)
            labels = np.array([fire, 1], np.int8)
        return augment.varied(square, side, rng), labels

    def clean(self, notes, labels, scores):
        """Flames in burning pictures that nobody drew a box around."""
        wrong = [i for i, n in enumerate(notes) if labels[i, 0] == 0 and scores[i, 0] > 0.9 and n["source"] in ("fire8", "bombatronic_fire", "continuous_fire")]
        labels[wrong, 0] = crops.UNKNOWN
        return len(wrong)


class Vehicle(Task):
    """Is what stands here a vehicle, is it a person?"""

    name, outputs = "vehicle", ("vehicle", "person")
    widths, side = (16, 32, 32, 64, 64, 128, 128, 128), 64
    stages = ((2000, 48), (3500, 64))
    context = 1.2
    build = staticmethod(vehicle_crops.build)

    def rows(self):
        street = {"manaus_traffic", "yuskun_car", "safety_vest", "fire8"}
        return [("validation", lambda n: True), ("test:streets", lambda n: n["source"] in street),
                ("test:streets, cars, buses and lorries against ground and what is beside", lambda n: n["source"] in street and n["kind"] in ("car", "bus", "truck", "ground", "beside")),
                ("test:streets, without scene 2013, whose boxes its makers moved", lambda n: n["source"] in street and n["scene"] != 2013),
                ("test:manaus_traffic", lambda n: n["source"] == "manaus_traffic"), ("test:yuskun_car", lambda n: n["source"] == "yuskun_car"),
                ("test:parking lot, never trained on", lambda n: n["source"] == "polo_pklot")]

    def groups(self, notes):
        kinds = {}
        for i, n in enumerate(notes):
            if n["part"] == "train":
                kinds.setdefault("vehicle" if n["labels"][0] == 1 else n["kind"], []).append(i)
        self.vehicles = kinds["vehicle"]
        shares = {"vehicle": 45, "person": 18, "ground": 20, "beside": 15, "vest": 3, "cyclist": 2}
        return [(shares[kind], indices) for kind, indices in kinds.items()]

    def change(self, square, labels, side, rng, other):
        chance = rng.random()
        if labels[0] == 0 and labels[1] == 0 and chance < 0.35:
            square = vehicle_crops.bay(square, rng, self.cars(rng))
        elif labels[0] == 1 and chance < 0.15:
            square = vehicle_crops.bay(other(), rng, self.cars(rng), square)
            labels = np.array([1, crops.UNKNOWN], np.int8)
        return augment.varied(square, side, rng), labels

    def cars(self, rng):
        return [self.squares[rng.choice(self.vehicles)] for _ in range(rng.integers(0, 3))]

    def clean(self, notes, labels, scores):
        """Vehicles that nobody drew a box around."""
        wrong = [i for i, n in enumerate(notes) if labels[i, 0] == 0 and scores[i, 0] > 0.9 and n["kind"] in ("ground", "beside")]
        labels[wrong, 0] = crops.UNKNOWN
        return len(wrong)


TASKS = {"fire": Fire(), "vehicle": Vehicle()}
