"""Addresses of pictures: the employee's studio, review, library, media, style previews."""

from django.urls import URLPattern

# under /c/<company>/me/<token>/
studio_urls: list[URLPattern] = []
# under /c/<company>/review/
review_urls: list[URLPattern] = []
# under /c/<company>/library/
library_urls: list[URLPattern] = []
# under /c/<company>/media/
media_urls: list[URLPattern] = []
# under /c/<company>/styles/
preview_urls: list[URLPattern] = []
