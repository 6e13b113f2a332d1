"""allauth's forms in the words of the other pages."""

from typing import Any

from allauth.account.forms import LoginForm, ResetPasswordForm
from django.utils.translation import gettext_lazy as _

_EMAIL = _("E-mail")


class SignInForm(LoginForm):  # type: ignore[misc]  # allauth is not typed
    """Sign in with e-mail and password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].label = _EMAIL
        self.fields["login"].widget.attrs.pop("placeholder", None)


class ForgottenPasswordForm(ResetPasswordForm):  # type: ignore[misc]
    """Where to send the link for a new password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].label = _EMAIL
        self.fields["email"].widget.attrs.pop("placeholder", None)
