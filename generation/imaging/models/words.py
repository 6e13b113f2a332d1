"""What the model store's codes say to the operator, at the command line and in the log.

English only, like every command; people who are photographed never read them.
"""

from typing import Final

from generation.imaging.errors import ImagingError

SENTENCES: Final[dict[str, str]] = {
    "model_unknown": "There is no model {model} in the table. See: manage.py models list",
    "model_missing": "The model {model} is not installed. Run: manage.py models install {model}",
    "model_changed": "{file} of the model {model} is not what was installed. Install the model again.",
    "model_incomplete": "{file} of the model {model} is missing or cut short. Install the model again.",
    "model_licence": (
        "The licence of the model {model} ({licence}) forbids commercial use. If you hold a licence of your "
        "own, set MODELS_ALLOW_NONCOMMERCIAL=yes."
    ),
    "model_not_accepted": (
        "Nobody has accepted the licence of the model {model} ({licence}) yet. Read it, then run: "
        "manage.py models accept {model}"
    ),
    "model_hub_licence": (
        "The hub now names another licence for the model {model}: {found} instead of {licence}. Nothing was "
        "installed."
    ),
    "model_unsafe": (
        "{file} of the model {model} is of a kind that can run code when it is opened. Only safetensors, "
        "ONNX and TFLite weights are taken."
    ),
    "model_offline": "Downloads are off. Install the model {model} from a folder: --from DIR",
    "model_no_download": ("No download is known for the model {model}. Install it from a folder: --from DIR"),
    "model_gated": (
        "The publisher of the model {model} asks for an account. Accept its terms at {source} and set "
        "HF_TOKEN."
    ),
    "model_download_failed": (
        "The download of the model {model} broke off: {detail}. Run the command again; it goes on from there."
    ),
    "model_no_space": (
        "The model {model} needs {needed_mb} MB of free disk space; there are {free_mb} MB. Nothing was "
        "installed."
    ),
    "model_busy": "Another process is installing or removing the model {model}. Wait for it.",
    "model_source": "There is no folder or zip file {source}.",
    "model_carried": "The Python package {package} carries the model {model}; there is nothing to do.",
    "model_table_invalid": "The model table {file} cannot be read: {detail}.",
    "licences_damaged": "The record of accepted licences {file} cannot be read. Restore it from a backup.",
    "no_encoder": "The model {model} is no identity encoder. Correct IDENTITY_ENCODERS.",
    "no_independent_judge": "Every identity encoder has steered this picture; none is left to judge it.",
    "hub_library_missing": (
        "Downloading needs the Python package huggingface_hub. Install requirements/gpu.txt, or install the "
        "model {model} from a folder: --from DIR"
    ),
}


def said(error: ImagingError) -> str:
    """The error's sentence, or its code where it has none."""
    prose = SENTENCES.get(error.code)
    return prose.format(**error.data) if prose else str(error)
