"""Confine a process that runs a student's code: one small file for each layer."""
