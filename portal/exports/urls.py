"""Addresses of exports, under /c/<company>/exports/."""

from django.urls import URLPattern

export_urls: list[URLPattern] = []
