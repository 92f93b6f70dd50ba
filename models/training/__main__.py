"""models/train [fire|vehicle|all]: cuts squares where that was not yet done, trains, tests and exports."""
import sys

from . import export, fit, places
from .tasks import TASKS


def main(names):
    for name in list(TASKS) if names in ([], ["all"]) else names:
        if name not in TASKS:
            raise SystemExit(f"models/train: no network is called {name}: {', '.join(TASKS)}")
        task = TASKS[name]
        if not (places.CACHE / f"{name}.json").exists():
            print(f"{name}: cutting squares", flush=True)
            task.build()
        trainer = fit.Trainer(task)
        export.ship(task, trainer.run(), trainer.curve)


main(sys.argv[1:])
