"""How templates read in lists."""

from django import template

from mail import merging

register = template.Library()
register.filter("in_words", merging.in_words)
