"""What ``publish`` needs: which lists, where each goes, whether a newer one is due."""
