"""Demos: one class and one JavaScript module for each lesson."""
