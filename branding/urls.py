"""Addresses of styles, under /c/<company>/styles/."""

from django.urls import URLPattern

style_urls: list[URLPattern] = []
