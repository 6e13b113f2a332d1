"""How django-allauth behaves here: nobody signs up by themselves; members are invited."""

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Closed sign-up."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False
