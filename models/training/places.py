"""Where things lie: the data that is not in this repository, and what is made of it."""
import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("EASTGATE_DATA", ROOT / "../shared/data")).resolve()
IMAGES = DATA / "images"
CACHE = Path(os.environ.get("EASTGATE_MODELS_CACHE", ROOT / ".cache/models"))
MODELS = ROOT / "models"
