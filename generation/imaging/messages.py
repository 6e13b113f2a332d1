"""The English sentence of every code that imaging raises or reports. Codes live with the code, prose here.

Each sentence says what to do. The portal translates by code (`generation.sentences`); the placeholders are
the keys of `data`.
"""

from collections.abc import Mapping
from typing import Any, Final

from generation.imaging.errors import ImagingError
from generation.imaging.models import words
from generation.imaging.types import Reason


def _(message: str) -> str:
    """Mark a sentence for the translators' tool (xgettext knows the name) without needing Django."""
    return message


DECODE: Final[dict[str, str]] = {
    "empty": _("This file is empty. Send the photo again."),
    "too_many_bytes": _("This file has {megabytes} MB; up to {limit} MB can be taken. Send a smaller copy."),
    "unsupported_type": _("This is a {type} file. Send the photo as JPEG, PNG, WebP or HEIC."),
    "not_a_picture": _("This file is not a photo. Send a JPEG, PNG, WebP or HEIC photo."),
    "too_many_pixels": _("This picture is larger than {limit} megapixels. Send a smaller copy."),
    "truncated": _("Part of this photo is missing, the upload may have broken off. Send it again."),
    "unreadable": _("This file cannot be opened. Check that it may be read."),
    "damaged": _("This file is damaged and cannot be read. Send the original photo again."),
}

PHOTO: Final[dict[str, str]] = {
    "generated": _("This picture says that a computer made it. Send a photo that a camera took of you."),
    "edited": _("Parts of this picture were added by a computer. Send the photo as the camera took it."),
    "filtered": _(
        "This photo looks smoothed by a filter. Switch beauty filters off and send the plain photo."
    ),
    "recapture": _("This looks like a photo of a screen or a print. Send the original file instead."),
    "no_face": _("No face could be found. Send a photo in which your face is well visible."),
    "several_faces": _("There are {count} people in this photo. Send one in which only you are visible."),
    "people_behind": _("Someone else is in the background. A photo with only you works better."),
    "not_a_photo": _("This looks like a drawing, a sculpture or a filter. Send a plain photo of you."),
    "black_and_white": _("This photo is black and white. Send one in colour."),
    "too_small": _(
        "This photo is too small ({width} x {height} pixels). Send the original from your camera."
    ),
    "low_resolution": _("This photo is small; the headshot may look soft. Send the original if you have it."),
    "face_too_small": _("Your face is too small in this photo. Come closer or hold the camera nearer."),
    "face_small": _("Your face is rather small in this photo. A photo from a bit closer will be sharper."),
    "face_cut": _("Your face is cut off by the edge of the photo. Leave some room around your head."),
    "head_cut": _("The top of your head is cut off. Leave some room above your hair."),
    "too_close": _("Your shoulders are not in the photo. Take a step back."),
    "squashed": _("This photo has been stretched or squashed. Send the original."),
    "blurry": _("The photo is blurry. Hold the camera still and tap on your face to focus."),
    "noisy": _("The photo is very grainy. Take one in brighter light."),
    "compressed": _("The photo was compressed too much. Send the original instead of a forwarded copy."),
    "too_dark": _("Your face is too dark. Turn towards a window or a lamp."),
    "dark": _("Your face is rather dark. More light from the front would help."),
    "too_bright": _("Your face is too bright, skin has lost its detail. Step out of the direct light."),
    "bright": _("Parts of your face are very bright. Softer light would help."),
    "side_shadow": _("Too dark on the {side} side. Face a window."),
    "side_light": _("The {side} side is in shadow. Turn a little towards the light."),
    "mixed_light": _(
        "Two lights of different colour meet on your face. Face a window and switch the lamps off."
    ),
    "backlight": _("The light comes from behind you. Turn around so that it falls on your face."),
    "turned_away": _("Your head is turned too far to the side. Look towards the camera."),
    "turned": _("Your head is turned to the side. Have at least one photo looking at the camera."),
    "looking_down": _("Your head is tilted down. Hold the camera at eye height."),
    "looking_up": _("Your head is tilted up. Hold the camera at eye height."),
    "tilted": _("Your head or the camera is tilted. Hold both straight."),
    "tilted_far": _("The photo is tilted too far. Hold your head and the camera straight."),
    "eyes_closed": _("Your eyes are closed. Look into the camera."),
    "eyes_narrow": _("Your eyes are hardly open. Have at least one photo with open eyes."),
    "looking_aside": _("You are not looking into the camera. Look straight into the lens."),
    "sunglasses": _("Your eyes are hidden. Take off your sunglasses."),
    "eyes_covered": _("Your eyes are covered. Send a photo in which both eyes are visible."),
    "glare": _("Your glasses reflect the light. Tilt your head slightly or take the light from the side."),
    "mouth_covered": _("Your mouth or chin is covered. Take off the mask and keep your hands away."),
    "half_covered": _("Part of your face is covered. Send a photo in which the whole face is visible."),
    "face_covered": _("Something may cover part of your face. Make sure that all of it is visible."),
    "mouth_open": _("Your mouth is wide open. Have at least one photo with a relaxed mouth."),
    "hat": _("Something covers your hair. Take off a hat or cap; what you always wear may stay on."),
    "other_person": _("This looks like someone else than in your other photos. Remove it if it is not you."),
    "near_duplicate": _("This is almost the same as {other}. A different angle would help more."),
}

SET: Final[dict[str, str]] = {
    "front": _("One looking straight at the camera would help."),
    "slight_left": _("One with your head turned slightly to your left would help."),
    "slight_right": _("One with your head turned slightly to your right would help."),
    "expression": _("One with a different expression would help."),
    "complete": _("That is everything we need."),
    "none_yet": _("No usable photo yet."),
    "first": _("Start with one looking straight at the camera."),
    "one_good": _("1 good photo."),
    "many_good": _("{count} good photos."),
    "one_usable": _("1 photo can be used."),
    "many_usable": _("{count} photos can be used."),
    "mixed_people": _("{count} of your photos may show someone else."),
}

ENGINE: Final[dict[str, str]] = {
    "package_missing": _("The model {model} is missing. Install the Python package {package}."),
    "unknown_engine": _("There is no engine {engine}."),
    "engine_not_installed": _("The Python package {missing} is missing. Install Onelight with [diffusion]."),
    "forked_after_use": _("This worker comes from a process that had used the face models. Start it afresh."),
    "face_model_failed": _("Looking for faces failed. Try again."),
    "identity_failed": _("Measuring the likeness failed. Try again."),
    "diffusion_missing": _(
        "This machine lacks the packages {packages} that this engine needs. Install requirements/gpu.txt."
    ),
    "gpu_absent": _(
        "No graphics card can be used on this machine. Check its driver, or run on the processor."
    ),
    "gpu_too_small": _(
        "This engine needs {need_gb} GB of free memory on the graphics card; {free_gb} GB are free."
    ),
    "gpu_memory": _(
        "The graphics card has too little memory for {model} ({free_gb} GB are free). Use a larger one."
    ),
    "gpu_failed": _("The graphics card failed ({detail}). Start the worker afresh."),
    "memory_short": _("This engine needs {need_gb} GB of memory; {free_gb} GB are free."),
    "runtime_forked": _("This worker comes from a process that had used the graphics card. Start it afresh."),
    "weights_unreadable": _("The weights of {model} cannot be loaded ({detail}). Install the model again."),
    "weights_mismatch": _(
        "The installed weights do not belong together: {what} has {found} where {wanted} is needed. "
        "Install the model that the table names."
    ),
    "drawn_empty": _("{model} drew an empty picture. Try again; if it stays so, install the model again."),
    "model_role": _(
        "The model {model} cannot be used here: its role is not {role}. See manage.py models list."
    ),
    "attention_backend": _("The attention backend {backend} cannot be used here ({detail})."),
}

# Why no headshot came out of photos that passed the photo check.
SHOOT: Final[dict[str, str]] = {
    "no_usable_photo": _("None of the photos can be used. Send one looking straight at the camera."),
    "crop_too_tight": _(
        "The photo ends too close to your shoulders for this style. Send one from farther off."
    ),
    "gate_likeness": _(
        "The finished picture does not look enough like your photos. Send more photos of you."
    ),
    "gate_skin_ita": _("The light in this photo hides your own skin tone. Send one taken in daylight."),
    "gate_skin_lightness": _("The light in this photo hides your own skin tone. Send one taken in daylight."),
    "gate_matte": _("You could not be separated cleanly from what is behind you. Stand before a plain wall."),
    "gate_matte_hair": _(
        "Your hair could not be separated cleanly from what is behind it. Stand before a plain wall."
    ),
    "gate_matte_beside": _(
        "Somebody or something right beside you could not be separated from you. Stand alone, away from "
        "furniture and flags."
    ),
    "gate_matte_before": _(
        "Something is in front of your chest. Put away what you hold, and leave nothing between you and "
        "the camera."
    ),
    "gate_clipped": _("Parts of your face are burned out. Step out of the direct light."),
    "gate_eyes": _("Your eyes are not sharp. Hold the camera still and tap on your face to focus."),
    "gate_light": _("The light falls too hard from one side. Face a window."),
    "gate_shadow": _("The light falls too hard from one side. Face a window."),
    "gate_key": _("The light falls too hard from one side. Face a window."),
    "gate_own_skin_ita": _("The drawn picture did not keep your skin tone."),
    "gate_own_skin_lightness": _("The drawn picture did not keep your skin tone."),
    "gate_glasses": _("The drawn picture added or removed glasses."),
    "gate_beard": _("The drawn picture added or removed a beard."),
    "gate_head_covering": _("The drawn picture added or removed a head covering."),
    "gate_hair": _("The drawn picture changed your hair."),
    "gate_hair_colour": _("The drawn picture changed the colour of your hair."),
    "gate_geometry": _("The drawn picture distorted the face."),
    "gate_hands": _("The drawn picture shows a hand, which a headshot does not."),
    "drawn_no_face": _("No face could be recognised in the drawn picture."),
    "drawn_several_faces": _("The drawn picture shows more than one person."),
    "generated_failed": _(
        "Nothing that was drawn looked enough like you, so it is not shown. "
        "Pictures made from your own photos are offered instead."
    ),
    "engine_failed": _("Something went wrong on our side. Try again."),
}

# Why a small change of a picture could not be made; the picture itself is as it was.
NUDGE: Final[dict[str, str]] = {
    "nudge_off": _("Your company wants pictures to stay as they were made."),
    "nudge_no_layers": _(
        "This picture is stored without the layers that a change is made from. It stays as it is; "
        "new pictures can be changed."
    ),
    "nudge_no_photos": _(
        "Your photos are deleted, so nobody could check that a changed picture still looks like you. "
        "The picture stays as it is."
    ),
    "nudge_framing": _("That would leave the place that your company's style gives your head. Ask for less."),
    "nudge_skin": _("That would change your skin's own tone. Ask for less."),
    "nudge_photo_ends": _("Your photo ends too soon for that. Ask for a larger head, or less to the side."),
    "nudge_gate": _("With that change the picture fails one of our checks. Ask for less."),
}

# What to know about the pictures that somebody got.
NOTES: Final[dict[str, str]] = {
    "one_photo": _(
        "All of these come from one photo: they differ in crop and light only. "
        "More photos, with another expression or angle, give more to choose from."
    ),
    "fewer_pictures": _(
        "{shown} instead of {asked} pictures: further ones would have looked the same or failed a check. "
        "More photos give more to choose from."
    ),
}

# Files that a style uses: backdrop pictures and colour tables.
MATERIAL: Final[dict[str, str]] = {
    "backdrop_too_small": _(
        "Too small: {width} x {height}. A backdrop needs at least {least_width} x {least_height} pixels."
    ),
    "reference_too_small": _(
        "Too small: {width} x {height}. A reference picture needs at least {least} pixels a side."
    ),
    "cube_too_large": _("This table has more than {limit} MB. Save it with 33 points a side."),
    "cube_not_text": _("This is not a .cube file. Colour tables come as .cube, which is text."),
    "cube_no_size": _("Line {line}: the table does not say its size (LUT_1D_SIZE or LUT_3D_SIZE) first."),
    "cube_size": _("Line {line}: the size must be said once, as a whole number from 2 to {most}."),
    "cube_line": _("Line {line} cannot be read: three numbers were expected."),
    "cube_domain": _("DOMAIN_MIN must be smaller than DOMAIN_MAX in each of the three colours."),
    "cube_rows": _("The table has {found} rows of colours, but its size asks for {wanted}."),
    "material_missing": _("A file of this style is missing. Choose its backdrop and colour table again."),
    "material_damaged": _("A file of this style is damaged. Choose its backdrop and colour table again."),
}

ALL: Final[dict[str, str]] = {**DECODE, **PHOTO, **SET, **SHOOT, **NUDGE, **NOTES, **ENGINE, **MATERIAL}


def prose(code: str, data: Mapping[str, Any]) -> str | None:
    """The sentence for a code with its placeholders: that of the `cause` which the data name, where there is
    one of its own. None for an unknown code."""
    return ALL.get(f"{code}_{data.get('cause', '')}", ALL.get(code))


def sentence(code: str, **data: Any) -> str:
    """The sentence for a code, its placeholders filled from `data`. Raises KeyError on an unknown code."""
    found = prose(code, data)
    if found is None:
        raise KeyError(code)
    return found.format(**data)


def told(error: ImagingError) -> str:
    """The sentence of an error, for a person or for the operator. Never raises."""
    return sentence(error.code, **error.data) if error.code in ALL else words.said(error)


def reason(code: str, **data: Any) -> Reason:
    """A Reason with its sentence. Raises KeyError on an unknown code or a missing placeholder."""
    return Reason(code, sentence(code, **data), data)
