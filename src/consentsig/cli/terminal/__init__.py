"""What commands share: arguments read, answers printed, questions asked."""
