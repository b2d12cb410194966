"""The application: visits, journeys, books. Imports neither Kivy nor any driver library."""
