import axios from 'axios';

const options = {
  method: 'GET',
  url: 'https://api.verifik.co/v2/document-liveness',
  params: {
    page: 1,
    limit: 10,
    status: 'completed',
    'populates[]': ['client', 'appRegistration']
  },
  headers: {
    'Content-Type': 'application/json',
    'Authorization': 'Bearer <your_token>'
  }
};

try {
  const { data } = await axios.request(options);
  console.log(data);
} catch (error) {
  console.error(error);
}
