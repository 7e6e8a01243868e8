"""Kernels that start in no time and are confined: a zygote forks them."""
