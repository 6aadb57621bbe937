"""What ``grant`` needs: options, questions, and what an answer means."""
