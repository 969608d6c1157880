"""What recipients see and decide; what administrators do for them."""
