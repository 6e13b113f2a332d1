"""ControlNet-Union that lets go when its conditions do.

Given several conditions diffusers weighs what goes into the ControlNet, not what comes out of it: with all of
them at 0 (after `ControlWeights.until`, or where a call has none) it would still push the picture about, by
what it makes of noise alone, and cost its share of the time.
"""

from functools import cache
from typing import Any


@cache
def letting_go() -> Any:
    """`ControlNetUnionModel` that adds nothing, and computes nothing, where no condition has weight."""
    import diffusers

    kit: Any = diffusers

    class LettingGo(kit.ControlNetUnionModel):  # type: ignore[misc]
        def forward(self, sample: Any, *arguments: Any, conditioning_scale: Any = 1.0, **more: Any) -> Any:
            weights = conditioning_scale if isinstance(conditioning_scale, list) else [conditioning_scale]
            if any(weights):
                return super().forward(sample, *arguments, conditioning_scale=conditioning_scale, **more)
            nothing = sample.new_zeros(())
            return [nothing] * len(self.controlnet_down_blocks), nothing

    LettingGo.__name__ = LettingGo.__qualname__ = "ControlNetUnionModel"
    return LettingGo
