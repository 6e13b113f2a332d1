"""The English sentence of every code that imaging raises or reports. Codes live with the code, prose here.

Each sentence says what to do. The portal may translate by code; the placeholders are the keys of `data`.
"""

from typing import Any, Final

from generation.imaging.types import Reason

DECODE: Final[dict[str, str]] = {
    "empty": "This file is empty. Send the photo again.",
    "too_many_bytes": "This file has {megabytes} MB; up to {limit} MB can be taken. Send a smaller copy.",
    "unsupported_type": "This is a {type} file. Send the photo as JPEG, PNG, WebP or HEIC.",
    "not_a_picture": "This file is not a photo. Send a JPEG, PNG, WebP or HEIC photo.",
    "too_many_pixels": "This picture is larger than {limit} megapixels. Send a smaller copy.",
    "truncated": "Part of this photo is missing, the upload may have broken off. Send it again.",
    "unreadable": "This file cannot be opened. Check that it may be read.",
    "damaged": "This file is damaged and cannot be read. Send the original photo again.",
}

PHOTO: Final[dict[str, str]] = {
    "no_face": "No face could be found. Send a photo in which your face is well visible.",
    "several_faces": "There are {count} people in this photo. Send one in which only you are visible.",
    "people_behind": "Someone else is in the background. A photo with only you works better.",
    "not_a_photo": "This looks like a drawing, a sculpture or a filter. Send a plain photo of you.",
    "black_and_white": "This photo is black and white. Send one in colour.",
    "too_small": "This photo is too small ({width} x {height} pixels). Send the original from your camera.",
    "low_resolution": "This photo is small; the headshot may look soft. Send the original if you have it.",
    "face_too_small": "Your face is too small in this photo. Come closer or hold the camera nearer.",
    "face_small": "Your face is rather small in this photo. A photo from a bit closer will be sharper.",
    "face_cut": "Your face is cut off by the edge of the photo. Leave some room around your head.",
    "head_cut": "The top of your head is cut off. Leave some room above your hair.",
    "too_close": "Your shoulders are not in the photo. Take a step back.",
    "squashed": "This photo has been stretched or squashed. Send the original.",
    "blurry": "The photo is blurry. Hold the camera still and tap on your face to focus.",
    "noisy": "The photo is very grainy. Take one in brighter light.",
    "compressed": "The photo was compressed too much. Send the original instead of a forwarded copy.",
    "too_dark": "Your face is too dark. Turn towards a window or a lamp.",
    "dark": "Your face is rather dark. More light from the front would help.",
    "too_bright": "Your face is too bright, skin has lost its detail. Step out of the direct light.",
    "bright": "Parts of your face are very bright. Softer light would help.",
    "side_shadow": "Too dark on the {side} side. Face a window.",
    "side_light": "The {side} side is in shadow. Turn a little towards the light.",
    "backlight": "The light comes from behind you. Turn around so that it falls on your face.",
    "turned_away": "Your head is turned too far to the side. Look towards the camera.",
    "turned": "Your head is turned to the side. Have at least one photo looking at the camera.",
    "looking_down": "Your head is tilted down. Hold the camera at eye height.",
    "looking_up": "Your head is tilted up. Hold the camera at eye height.",
    "tilted": "Your head or the camera is tilted. Hold both straight.",
    "tilted_far": "The photo is tilted too far. Hold your head and the camera straight.",
    "eyes_closed": "Your eyes are closed. Look into the camera.",
    "eyes_narrow": "Your eyes are hardly open. Have at least one photo with open eyes.",
    "looking_aside": "You are looking to the side. Look into the camera.",
    "sunglasses": "Your eyes are hidden. Take off your sunglasses.",
    "eyes_covered": "Your eyes are covered. Send a photo in which both eyes are visible.",
    "glare": "Your glasses reflect the light. Tilt your head slightly or take the light from the side.",
    "mouth_covered": "Your mouth or chin is covered. Take off the mask and keep your hands away.",
    "half_covered": "Part of your face is covered. Send a photo in which the whole face is visible.",
    "face_covered": "Something may cover part of your face. Make sure that all of it is visible.",
    "mouth_open": "Your mouth is wide open. Have at least one photo with a relaxed mouth.",
    "hat": "You seem to wear a hat. Take it off unless you always wear it.",
    "other_person": "This looks like someone else than in your other photos. Remove it if it is not you.",
    "near_duplicate": "This is almost the same as {other}. A different angle would help more.",
}

SET: Final[dict[str, str]] = {
    "front": "One looking straight at the camera would help.",
    "slight_left": "One with your head turned slightly to your left would help.",
    "slight_right": "One with your head turned slightly to your right would help.",
    "expression": "One with a different expression would help.",
    "complete": "That is everything we need.",
    "none_yet": "No usable photo yet.",
    "first": "Start with one looking straight at the camera.",
    "one_good": "1 good photo.",
    "many_good": "{count} good photos.",
    "mixed_people": "{count} of your photos may show someone else.",
}

ENGINE: Final[dict[str, str]] = {
    "model_missing": "The model {model} is missing. Install the Python package {package}.",
    "model_changed": "The model file {file} is not the one we know. Install its package again.",
    "forked_after_use": "This worker comes from a process that had used the face models. Start it afresh.",
    "face_model_failed": "Looking for faces failed. Try again.",
    "identity_failed": "Measuring the likeness failed. Try again.",
}

# Why no headshot came out of photos that passed the photo check.
SHOOT: Final[dict[str, str]] = {
    "no_usable_photo": "None of the photos can be used. Send one looking straight at the camera.",
    "crop_too_tight": "The photo ends too close to your shoulders for this style. Send one from farther off.",
    "gate_likeness": "The finished picture does not look enough like your photos. Send more photos of you.",
    "gate_skin_ita": "The light in this photo hides your own skin tone. Send one taken in daylight.",
    "gate_skin_lightness": "The light in this photo hides your own skin tone. Send one taken in daylight.",
    "gate_matte": "You could not be separated cleanly from what is behind you. Stand before a plain wall.",
    "gate_clipped": "Parts of your face are burned out. Step out of the direct light.",
    "gate_eyes": "Your eyes are not sharp. Hold the camera still and tap on your face to focus.",
    "gate_light": "The light falls too hard from one side. Face a window.",
    "engine_failed": "Something went wrong on our side. Try again.",
}

ALL: Final[dict[str, str]] = {**DECODE, **PHOTO, **SET, **SHOOT, **ENGINE}


def sentence(code: str, **data: Any) -> str:
    """The sentence for a code, its placeholders filled from `data`. Raises KeyError on an unknown code."""
    return ALL[code].format(**data)


def reason(code: str, **data: Any) -> Reason:
    """A Reason with its sentence. Raises KeyError on an unknown code or a missing placeholder."""
    return Reason(code, sentence(code, **data), data)
