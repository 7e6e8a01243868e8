"""What answers may see while they are graded: networks as arguments, and how one is trained."""
