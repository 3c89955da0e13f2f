"""Shots on many machines: what there is to do, in which order, and the engines that do it."""
